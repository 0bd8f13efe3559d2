-- The language of an article, the article that it takes the place of, and its text without marks, for the search.
ALTER TABLE portal_article ADD COLUMN lang TEXT NOT NULL DEFAULT 'zh';
ALTER TABLE portal_article ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE portal_article ADD COLUMN words TEXT NOT NULL DEFAULT '';

CREATE INDEX portal_article_lang ON portal_article (lang, state, published_at, id);

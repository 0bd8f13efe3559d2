-- What the province offers stands in a column of its own.
ALTER TABLE portal_article DROP CONSTRAINT portal_article_channel_check;
ALTER TABLE portal_article ADD CONSTRAINT portal_article_channel_check CHECK (channel IN ('results', 'news', 'advantage', 'policy', 'notice'));

// Package portal is what the public sees: articles made of signed documents, whose figures can be opened without
// signing in. Nothing here reads an entry of a person, and nothing unsigned is shown.
package portal

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/blob"
	"zhudian/internal/bulletin"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Article is a public text.
type Article struct {
	ID          string `db:"id" json:"id"`
	Channel     string `db:"channel" json:"channel" enum:"results,news,advantage,policy,notice"`
	Title       string `db:"title" json:"title"`
	Summary     string `db:"summary" json:"summary,omitempty"`
	Body        string `db:"body" json:"body,omitempty"` // of an article without a document
	Document    string `db:"document_id" json:"document,omitempty"`
	Source      string `db:"source" json:"source"`
	State       string `db:"state" json:"state" enum:"draft,published,withdrawn"`
	WrittenBy   string `db:"written_by" json:"-"`
	PublishedBy string `db:"published_by" json:"-"`
	PublishedAt int64  `db:"published_at" json:"published_at,omitempty"`
	UpdatedAt   int64  `db:"updated_at" json:"updated_at"`
	Remark      string `db:"remark" json:"remark,omitempty"` // why it was withdrawn
	ReplacedBy  string `db:"replaced_by" json:"replaced_by,omitempty"`
	Version     int64  `db:"version" json:"version"`
	Lang        string `db:"lang" json:"lang" enum:"zh,en"`
	Replaces    string `db:"replaces" json:"replaces,omitempty"` // article that this one corrects or renews
	Words       string `db:"words" json:"-"`                     // its text without marks, for the search
}

const articleColumns = `a.id, a.channel, a.title, a.summary, a.body, a.document_id, a.source, a.state, a.written_by, a.published_by, a.published_at, a.updated_at,
	a.remark, a.replaced_by, a.version, a.lang, a.replaces`

// Service serves the public pages and keeps the articles.
type Service struct {
	DB        *db.DB
	Agency    string      // who publishes: 贵州省投资促进局
	PublicURL string      // where readers find the site; "" means as asked
	Apart     bool        // the public pages have a listener of their own: nobody signs in there
	Inbox     *Inbox      // what the public sends in
	Files     *blob.Store // pictures of sites

	pages pages
}

// Write is what an article needs: a signed document, or a text of its own.
type Write struct {
	Document string `json:"document,omitempty" doc:"signed document"`
	Channel  string `json:"channel" enum:"results,news,advantage,policy,notice"`
	Title    string `json:"title,omitempty" maxLength:"120" doc:"default the document's"`
	Summary  string `json:"summary,omitempty" maxLength:"300"`
	Body     string `json:"body,omitempty" maxLength:"30000" doc:"of an article without a document; it cannot hold figure slots"`
	Lang     string `json:"lang,omitempty" enum:"zh,en," doc:"default zh"`
	Replaces string `json:"replaces,omitempty" doc:"published article that this one takes the place of; of a document that corrects another it is found"`
}

// Prepare writes an article that is not yet public. Faults: Invalid, of the document also unknown_document, not_signed,
// exists (it has an article).
func (s *Service) Prepare(ctx context.Context, in Write) (out Article, err error) {
	who, err := audit.Require(ctx, "bulletin.publish")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.prepare(ctx, tx, who, in)
		return err
	})
	return out, err
}

func (s *Service) prepare(ctx context.Context, tx *db.Tx, who audit.Actor, in Write) (Article, error) {
	agency, err := s.agencyIn(ctx, tx)
	if err != nil {
		return Article{}, err
	}
	a := Article{ID: tx.ID(), Source: agency, State: "draft", WrittenBy: who.Person, Version: 1}
	if err := a.take(ctx, tx, in); err != nil {
		return a, err
	}
	if err := db.Insert(ctx, tx, "portal_article", a); err != nil {
		return a, aboutDocument(err)
	}
	if err := db.Settle(ctx, tx); err != nil {
		return a, aboutDocument(err)
	}
	return a, audit.Note(ctx, tx, "article.write", "article/"+a.ID, nil, map[string]any{"title": a.Title, "document": a.Document})
}

// take checks what was written and puts it into the article.
func (a *Article) take(ctx context.Context, tx *db.Tx, in Write) error {
	a.Channel, a.Title, a.Summary, a.Body = in.Channel, strings.TrimSpace(in.Title), strings.TrimSpace(in.Summary), strings.TrimSpace(strings.ReplaceAll(in.Body, "\r", ""))
	a.Document, a.Lang, a.Replaces, a.UpdatedAt = in.Document, in.Lang, in.Replaces, db.Micros(tx.Now())
	if a.Lang == "" {
		a.Lang = "zh"
	}
	var c fault.Checks
	if !slices.Contains(channels, a.Channel) {
		c.Add("channel", "not_a_choice", "没有这个栏目。", "There is no such channel.")
	}
	if a.Lang != "zh" && a.Lang != "en" {
		c.Add("lang", "not_a_choice", "语种只有中文和英文。", "The language is Chinese or English.")
	}
	if a.Document != "" {
		if err := a.ofDocument(ctx, tx); err != nil {
			return err
		}
	} else {
		c.Require("body", a.Body, "正文", "The text")
		if strings.Contains(a.Body, "{{") {
			c.Add("body", "figures_need_signature", "带数字槽的文章须先作为专报签发。", "A text with figure slots must be signed as a bulletin first.")
		}
		a.Words = bulletin.PlainText(bulletin.TextBlocks(a.Body))
	}
	c.Require("title", a.Title, "标题", "The title")
	if err := a.checkReplaces(ctx, tx, &c); err != nil {
		return err
	}
	a.Words = strings.ToLower(a.Title + "\n" + a.Summary + "\n" + a.Words)
	return c.Err()
}

// ofDocument takes title, words and what is corrected from the signed document.
func (a *Article) ofDocument(ctx context.Context, tx *db.Tx) error {
	v, err := bulletin.SignedByID(ctx, tx, a.Document)
	if err != nil {
		return aboutDocument(err)
	}
	a.Body, a.Words = "", bulletin.PlainText(v.Blocks)
	if a.Title == "" {
		a.Title = bulletin.TitleOf(v)
	}
	if v.Document.Replaces == "" || a.Replaces != "" {
		return nil
	}
	a.Replaces, _, err = db.Maybe[string](ctx, tx, `SELECT id FROM portal_article WHERE document_id = ? AND state <> 'draft' ORDER BY published_at DESC`, v.Document.Replaces)
	return err
}

// checkReplaces: only what the public has seen is replaced.
func (a *Article) checkReplaces(ctx context.Context, tx *db.Tx, c *fault.Checks) error {
	if a.Replaces == "" {
		return nil
	}
	old, err := articleByID(ctx, tx, a.Replaces)
	if fault.Is(err, fault.NotFound) || err == nil && (old.State == "draft" || old.ID == a.ID) {
		c.Add("replaces", "unknown_article", "没有这篇已发布的文章。", "There is no such published article.")
		return nil
	}
	return err
}

// aboutDocument says of a fault that it is the named document's.
func aboutDocument(err error) error {
	switch {
	case fault.Is(err, fault.NotFound):
		return fault.BadField("document", "unknown_document", "没有这份稿件。", "There is no such document.")
	case fault.Has(err, "not_submitted"):
		return fault.BadField("document", "not_signed", "这份稿件还没有签发。", "This document is not signed.")
	case fault.Has(err, "exists"):
		return fault.BadField("document", "exists", "这份稿件已有文章。", "This document has an article already.")
	}
	return err
}

// Step names an article and the version that was seen.
type Step struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version"`
	Remark  string `json:"remark,omitempty" maxLength:"300"`
}

// Publish makes an article public. A document's second pair of eyes is its signer, who may not publish it himself;
// a text of its own is published by another person than its writer.
// Faults: not_found, not_draft, same_person.
func (s *Service) Publish(ctx context.Context, in Step) (Article, error) {
	return s.change(ctx, in, "publish", publish)
}

func publish(ctx context.Context, tx *db.Tx, who audit.Actor, a *Article) error {
	if a.State != "draft" {
		return fault.New(fault.Conflict, "not_draft", "这篇文章已发布或已撤下。", "This article was published or withdrawn already.")
	}
	if a.Document == "" && a.WrittenBy == who.Person {
		return fault.New(fault.Conflict, "same_person", "撰写人不能发布自己的文章，须由另一人发布。", "A writer cannot publish their own article; another person must.")
	}
	if a.Document != "" {
		v, err := bulletin.SignedByID(ctx, tx, a.Document)
		if err != nil {
			return err
		}
		if v.Document.SignedBy == who.Person {
			return fault.New(fault.Conflict, "same_person", "签发人不能自己发布，须由另一人发布。", "The signer cannot publish; another person must.")
		}
		if err := fewBehind(v.Frozen); err != nil {
			return err
		}
	}
	a.State, a.PublishedBy, a.PublishedAt = "published", who.Person, db.Micros(tx.Now())
	if a.Replaces == "" {
		return nil
	}
	_, err := db.Exec(ctx, tx, `UPDATE portal_article SET replaced_by = ?, updated_at = ?, version = version + 1 WHERE id = ?`, a.ID, db.Micros(tx.Now()), a.Replaces)
	return err
}

// Rewrite is an article rewritten.
type Rewrite struct {
	ID      string `path:"id" json:"id"`
	Version int64  `json:"version"`
	Write
}

// Edit rewrites an article that is not public yet. What is public is replaced by another article, never changed.
// Whoever wrote last cannot publish it. Faults: not_found, stale, not_draft; those of Prepare.
func (s *Service) Edit(ctx context.Context, in Rewrite) (Article, error) {
	return s.change(ctx, Step{ID: in.ID, Version: in.Version}, "edit", func(ctx context.Context, tx *db.Tx, who audit.Actor, a *Article) error {
		if a.State != "draft" {
			return fault.New(fault.Conflict, "not_draft", "这篇文章已发布或已撤下；要改，请写一篇替换它。", "This article was published or withdrawn; write one that replaces it.")
		}
		a.WrittenBy = who.Person
		if err := a.take(ctx, tx, in.Write); err != nil {
			return err
		}
		_, err := db.Exec(ctx, tx, `UPDATE portal_article SET channel = ?, title = ?, summary = ?, body = ?, document_id = ?, written_by = ?, lang = ?, replaces = ?, words = ? WHERE id = ?`,
			a.Channel, a.Title, a.Summary, a.Body, a.Document, a.WrittenBy, a.Lang, a.Replaces, a.Words, a.ID)
		return aboutDocument(err)
	})
}

// Withdraw takes an article back with a public remark. The page stays and says so. Faults: not_found, not_public, remark required.
func (s *Service) Withdraw(ctx context.Context, in Step) (Article, error) {
	return s.change(ctx, in, "withdraw", func(_ context.Context, _ *db.Tx, _ audit.Actor, a *Article) error {
		if a.State != "published" {
			return fault.New(fault.Conflict, "not_public", "这篇文章没有发布。", "This article is not public.")
		}
		var c fault.Checks
		a.State, a.Remark = "withdrawn", strings.TrimSpace(in.Remark)
		return c.Require("remark", a.Remark, "撤下说明，读者会看到", "A remark, which readers will see").Err()
	})
}

func (s *Service) change(ctx context.Context, in Step, verb string, do func(context.Context, *db.Tx, audit.Actor, *Article) error) (out Article, err error) {
	who, err := audit.Require(ctx, "bulletin.publish")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.changeIn(ctx, tx, who, in, verb, do)
		return err
	})
	return out, err
}

// changeIn is change inside the caller's transaction, who has checked the permission.
func (s *Service) changeIn(ctx context.Context, tx *db.Tx, who audit.Actor, in Step, verb string, do func(context.Context, *db.Tx, audit.Actor, *Article) error) (Article, error) {
	out, err := articleByID(ctx, tx, in.ID)
	if err != nil {
		return out, err
	}
	if in.Version != 0 && in.Version != out.Version {
		return out, fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再试。", "Somebody changed this meanwhile; reload and try again.")
	}
	if err := do(ctx, tx, who, &out); err != nil {
		return out, err
	}
	out.UpdatedAt = db.Micros(tx.Now())
	if _, err := db.Exec(ctx, tx, `UPDATE portal_article SET state = ?, published_by = ?, published_at = ?, updated_at = ?, remark = ?, version = version + 1 WHERE id = ?`,
		out.State, out.PublishedBy, out.PublishedAt, out.UpdatedAt, out.Remark, out.ID); err != nil {
		return out, err
	}
	out.Version++
	if err := s.stir(ctx, tx); err != nil {
		return out, err
	}
	return out, audit.Note(ctx, tx, "article."+verb, "article/"+out.ID, nil, map[string]any{"state": out.State})
}

func articleByID(ctx context.Context, tx *db.Tx, id string) (Article, error) {
	return db.One[Article](ctx, tx, `SELECT `+articleColumns+` FROM portal_article a WHERE a.id = ?`, id)
}

package verify

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/db"
)

// shown is a file where it stands as evidence, of a claim's current round.
type shown struct {
	Blob    string `db:"blob"`
	Claim   string `db:"id"`
	Kind    string `db:"kind"`
	Subject string `db:"subject"`
	Content string `db:"content"`

	what string // see about
}

// about is what a file is evidence for: a project with all its contracts and money is one thing.
func about(kind, subject, content string) string {
	if p := projectOf(content); p != "" {
		return p
	}
	if _, id, ok := strings.Cut(subject, "/"); ok && slices.Contains(onProjects, kind) {
		return id
	}
	return subject
}

// manyShown bounds how many places of a file are looked at: more do not make it more doubtful.
const manyShown = 200

// places gives where files stand as evidence.
func places(ctx context.Context, tx *db.Tx, blobs []string) (map[string][]shown, error) {
	out := map[string][]shown{}
	for part := range slices.Chunk(blobs, 500) {
		err := db.Each(ctx, tx, `SELECT e.blob, c.id, c.kind, c.subject, r.content FROM verify_evidence e
			JOIN verify_claim c ON c.id = e.claim_id AND c.round = e.round JOIN verify_round r ON r.claim_id = c.id AND r.round = c.round
			WHERE e.blob IN `+db.In(len(part))+` LIMIT ?`, append(db.Args(part), manyShown*len(part)), func(x shown) error {
			if len(out[x.Blob]) < manyShown {
				x.what = about(x.Kind, x.Subject, x.Content)
				out[x.Blob] = append(out[x.Blob], x)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// elsewhere counts the records, of something else than what is named, that show one of the files.
func elsewhere(at map[string][]shown, blobs []string, what string) int64 {
	others := map[string]bool{}
	for _, b := range blobs {
		for _, x := range at[b] {
			if x.what != what {
				others[x.Claim] = true
			}
		}
	}
	return int64(len(others))
}

func blobsOf(list []Evidence) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.Blob
	}
	return out
}

func unique(ids []string) []string { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// proofs fills in the evidence of claims that stand, as the rules see it.
func proofs(ctx context.Context, tx *db.Tx, list []Claim, cases map[string]*Case) error {
	type filed struct {
		Evidence
		Kind    string `db:"kind"`
		Subject string `db:"subject"`
		Content string `db:"content"`
	}
	files, what := map[string][]Evidence{}, map[string]string{}
	var blobs []string
	for part := range slices.Chunk(list, 500) {
		ids := make([]string, len(part))
		for i, c := range part {
			ids[i] = c.ID
		}
		err := db.Each(ctx, tx, `SELECT e.id, e.claim_id, e.round, e.blob, e.name, e.type, e.size, e.added_by, e.added_at, c.kind, c.subject, r.content FROM verify_evidence e
			JOIN verify_claim c ON c.id = e.claim_id AND c.round = e.round JOIN verify_round r ON r.claim_id = c.id AND r.round = c.round
			WHERE c.id IN `+db.In(len(ids)), db.Args(ids), func(e filed) error {
			files[e.Claim], blobs = append(files[e.Claim], e.Evidence), append(blobs, e.Blob)
			what[e.Claim] = about(e.Kind, e.Subject, e.Content)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(blobs) == 0 {
		return nil
	}
	at, err := places(ctx, tx, unique(blobs))
	if err != nil {
		return err
	}
	for _, c := range list {
		cases[c.ID].Proof.On = c.OccurredOn
		cases[c.ID].Proof.SameFile = elsewhere(at, blobsOf(files[c.ID]), what[c.ID])
		if cases[c.ID].Proof.Pictures, err = pictureCases(ctx, tx, files[c.ID], what[c.ID]); err != nil {
			return err
		}
	}
	return nil
}

package verify

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"zhudian/internal/audit"
	"zhudian/internal/auth"
	"zhudian/internal/db"
	"zhudian/internal/web"
)

// TrailLine is one thing that was done to a record, in words.
type TrailLine struct {
	At     time.Time
	Who    string
	What   string
	Second string
	Icon   string

	Changes []audit.Change // what it replaced, if anything
}

// trailLength is how many lines a record shows.
const trailLength = 60

var trailIcons = map[string]string{
	"claim.file": "send", "claim.pass": "rubber-stamp", "claim.return": "arrow-back-up", "claim.doubt": "help-circle",
	"claim.withdraw": "circle-x", "claim.take_back": "rotate", "claim.appeal": "scale",
}

// Trail gives what was done to some subjects, newest first, with the names of who did it. about says beside a line which
// subject it speaks of; it may be nil. The caller has checked that the actor may see the subjects.
func Trail(ctx context.Context, tx *db.Tx, subjects []string, about func(subject string) string) ([]TrailLine, error) {
	var records []audit.Record
	for _, subject := range subjects {
		list, err := audit.History(ctx, tx, subject, trailLength)
		if err != nil {
			return nil, err
		}
		records = append(records, list...)
	}
	slices.SortStableFunc(records, func(a, b audit.Record) int {
		return int(min(max(b.At-a.At, -1), 1)) // newest first
	})
	people := make([]string, len(records))
	for i, r := range records {
		people[i] = r.Person
	}
	names, err := auth.Names(ctx, tx, people)
	if err != nil {
		return nil, err
	}
	out := []TrailLine{}
	for _, r := range records[:min(len(records), trailLength)] {
		l := TrailLine{At: db.FromMicros(r.At), Who: names[r.Person], What: trailWords(ctx, r), Icon: trailIcons[r.Action]}
		if l.Icon == "" {
			l.Icon = "pencil"
		}
		l.Changes = audit.Edited(r)
		if about != nil {
			l.Second = about(r.Object)
		}
		out = append(out, l)
	}
	return out, nil
}

// trailWords says what a record of the trail did. A verdict names its level.
func trailWords(ctx context.Context, r audit.Record) string {
	var change struct {
		After struct {
			Level string `json:"level"`
			Round int64  `json:"round"`
		} `json:"after"`
	}
	_ = json.Unmarshal([]byte(r.Change), &change) // an unknown shape has no level to name
	key := "trail." + strings.ReplaceAll(r.Action, ".", "_")
	switch {
	case r.Action == "claim.pass" && change.After.Level != "":
		key = "trail.pass_" + change.After.Level
	case r.Action == "claim.file" && change.After.Round > 1:
		key = "trail.claim_refile"
	}
	if !web.HasText(key) {
		return r.Action
	}
	return web.T(ctx, key, change.After.Round)
}

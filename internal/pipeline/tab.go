package pipeline

import (
	"context"
	"net/url"

	"zhudian/internal/verify"
	"zhudian/internal/web"
)

// recent is how much of the timeline the overview shows.
const recent = 8

// tabs of a project's record.
func (v recordView) tabs(ctx context.Context) []web.Tab {
	out := []web.Tab{}
	for _, t := range []struct {
		key string
		n   int
	}{{"", 0}, {"stages", len(v.Moves)}, {"promises", len(v.Promises)}, {"funds", len(v.Funds)}, {"verdicts", len(v.Claims)}, {"history", 0}} {
		to, key := projectURL(v.Project.ID), t.key
		if key == "" {
			key = "overview"
		} else {
			to += "?" + url.Values{"tab": {key}}.Encode()
		}
		out = append(out, web.Tab{Text: web.T(ctx, "project.tab."+key), URL: to, N: int64(t.n), On: v.tab == t.key})
	}
	return out
}

// latest is the newest part of the timeline.
func (v recordView) latest() []verify.TrailLine { return v.trail[:min(len(v.trail), recent)] }

// checked is one thing of the project that is verified.
type checked struct {
	title string
	claim verify.Claim
}

// checks lists what is verified of the project: registration, contract, payments in their order.
func (v recordView) checks(ctx context.Context) []checked {
	var out []checked
	about := v.about(ctx)
	subjects := []string{v.Project.registration(), v.Project.contract()}
	for _, m := range v.Moves {
		subjects = append(subjects, m.Subject())
	}
	for _, f := range v.Funds {
		subjects = append(subjects, f.Subject())
	}
	for _, s := range subjects {
		if c, ok := v.Claims[s]; ok {
			out = append(out, checked{about(s), c})
		}
	}
	return out
}

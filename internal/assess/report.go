package assess

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/web"
)

// RunIn asks for a run: of one subject with its lines, or with other weights, which stores nothing.
type RunIn struct {
	ID      string   `path:"id" json:"id"`
	Subject string   `json:"subject,omitempty" maxLength:"64"`
	Check   bool     `json:"check,omitempty" doc:"work it out again and compare"`
	Key     []string `json:"key,omitempty" maxItems:"60" doc:"what if: keys of indicators …"`
	Weight  []string `json:"weight,omitempty" maxItems:"60" doc:"… and as many weights"`
}

// Report is a run with what a person may see of it: those who assess see everything, the assessed what is theirs.
type Report struct {
	Run
	Plan    Plan      `json:"plan"`
	Results []Listed  `json:"results"`
	Scores  []Score   `json:"scores,omitempty"` // of the subject that was asked for
	Appeals []Appeal  `json:"appeals"`
	WhatIf  bool      `json:"what_if,omitempty"`
	Checked *Replayed `json:"checked,omitempty"`
	Whole   bool      `json:"whole"` // everything of the run is here
}

// Listed is a result beside those of its group.
type Listed struct {
	Result
	Size   int64  `json:"size"` // of the group
	Before int64  `json:"before,omitempty"`
	Card   string `json:"card,omitempty" enum:"yellow,red"`
}

// Below these parts of what the days that passed ask for, in hundredths of a point, a card is shown where cards are on.
const (
	yellowBelow = 80 * hundred
	redBelow    = 60 * hundred
)

func card(p Plan, r Result) string {
	switch {
	case !p.Cards || r.Covered == 0 || r.Base >= yellowBelow:
		return ""
	case r.Base < redBelow:
		return "red"
	}
	return "yellow"
}

// Report gives a run. Faults: not_found; Malformed.
func (s *Service) Report(ctx context.Context, in RunIn) (out Report, err error) {
	who, err := audit.Require(ctx, "assess.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = report(ctx, tx, who, in)
		return err
	})
	return out, err
}

func report(ctx context.Context, tx *db.Tx, who audit.Actor, in RunIn) (out Report, err error) {
	if out.Run, err = runInScope(ctx, tx, who, in.ID); err != nil {
		return out, err
	}
	if out.Plan, err = planOf(out.Body); err != nil {
		return out, err
	}
	out.Whole = who.May("assess.run") || who.May("assess.publish")
	mine, err := inView(ctx, tx, who, out.ID)
	if err != nil {
		return out, err
	}
	if in.Subject != "" && !mine[in.Subject] {
		return out, absent(fault.New(fault.NotFound, "not_found", "", ""))
	}
	results, err := resultsOf(ctx, tx, out.ID)
	if err != nil {
		return out, err
	}
	weights, err := in.weights(out.Plan)
	if err != nil {
		return out, err
	}
	if results, err = out.again(ctx, tx, results, weights, in.Subject); err != nil {
		return out, err
	}
	sizes := map[string]int64{}
	for _, r := range results {
		if r.Covered > 0 {
			sizes[r.Group]++
		}
	}
	out.Results = []Listed{}
	for _, r := range results {
		if !mine[r.Subject] || in.Subject != "" && r.Subject != in.Subject {
			continue
		}
		if !out.Whole && out.State != "published" {
			r.Place = 0
		}
		out.Results = append(out.Results, Listed{Result: r, Size: sizes[r.Group], Card: card(out.Plan, r)})
	}
	appeals, err := appealsOf(ctx, tx, out.ID)
	if err != nil {
		return out, err
	}
	out.Appeals = slices.DeleteFunc(appeals, func(a Appeal) bool { return !mine[a.Subject] || in.Subject != "" && a.Subject != in.Subject })
	if in.Check {
		r, err := replay(ctx, tx, out.Run)
		out.Checked = &r
		return out, err
	}
	return out, nil
}

// again reads the lines of the subject, and works the results out under other weights where they were given.
func (out *Report) again(ctx context.Context, tx *db.Tx, results []Result, weights map[string]int64, subject string) ([]Result, error) {
	only := subject
	if weights != nil {
		only = ""
		out.WhatIf = true
	}
	if only == "" && weights == nil {
		return results, nil
	}
	scores, err := scoresOf(ctx, tx, out.ID, only)
	if err != nil || weights == nil {
		out.Scores = scores
		return results, err
	}
	lines := map[string][]Score{}
	for _, x := range scores {
		lines[x.Subject] = append(lines[x.Subject], x)
	}
	for i, r := range results {
		list, res := weigh(lines[r.Subject], weights)
		res.Run, res.Subject, res.Group = r.Run, r.Subject, r.Group
		results[i] = res
		if r.Subject == subject {
			out.Scores = list
		}
	}
	rank(results)
	return results, nil
}

// weights reads other weights; nil without any.
func (in RunIn) weights(p Plan) (map[string]int64, error) {
	bad := fault.New(fault.Malformed, "bad_weights", "权重写成 0 到 100 的整数，每个指标一个。", "Write a whole number from 0 to 100 for each indicator.")
	if len(in.Key) != len(in.Weight) {
		return nil, bad
	}
	if len(in.Key) == 0 {
		return nil, nil
	}
	out := map[string]int64{}
	for _, x := range p.Indicators {
		out[x.Key] = x.Weight
	}
	for i, k := range in.Key {
		n, f := web.ParseInt(in.Weight[i])
		if _, known := out[k]; !known || f != nil || n < 0 || n > whole {
			return nil, bad
		}
		out[k] = n
	}
	for _, x := range p.Indicators {
		if out[x.Key] != x.Weight {
			return out, nil
		}
	}
	return nil, nil // the weights of the scheme
}

// RunList is a part of the list of runs, newest first.
type RunList struct {
	Items []Run  `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Runs lists the runs that a person may see.
func (s *Service) Runs(ctx context.Context, in db.Page) (out RunList, err error) {
	who, err := audit.Require(ctx, "assess.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(1)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = runs(ctx, tx, who, key, size+1)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].ID)
	}
	return out, err
}

package directive

import (
	"context"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
)

// Filter narrows a list of directives. What is left out does not limit, but for State, which is live.
type Filter struct {
	State   string `json:"state,omitempty" enum:"live,open,reported,closed,cancelled,all" default:"live"`
	Light   string `json:"light,omitempty" enum:"red,yellow,green"`
	Leader  string `json:"leader,omitempty" doc:"person"`
	Owner   string `json:"owner,omitempty" doc:"unit or station that carries it out"`
	Subject string `json:"subject,omitempty"`
	Q       string `json:"q,omitempty" maxLength:"100" doc:"in the title or number"`
	db.Page
}

// Directives is a part of a list; Next is the cursor of the following part.
type Directives struct {
	Items []Listed `json:"items"`
	Next  string   `json:"next,omitempty"`
}

// List gives the directives one's units carry out or one's leaders asked for, the nearest deadline first.
func (s *Service) List(ctx context.Context, in Filter) (out Directives, err error) {
	who, err := audit.Require(ctx, "directive.read")
	if err != nil {
		return out, err
	}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(2)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out.Items, err = list(ctx, tx, who, in, key, size+1)
		return err
	})
	if len(out.Items) > size {
		out.Items = out.Items[:size]
		out.Next = db.Cursor(out.Items[size-1].DueOn, out.Items[size-1].ID)
	}
	return out, err
}

// ByID names a directive.
type ByID struct {
	ID string `path:"id" json:"id"`
}

// Dossier is a directive with everything about it.
type Dossier struct {
	Directive
	Light  string   `json:"light"`
	Owners []Owner  `json:"owners"`
	Steps  []Step   `json:"steps"` // newest first
	About  Record   `json:"-"`     // the record it is about, as far as the actor may see it
	Hidden bool     `json:"-"`     // it is about a record outside the actor's scope
	May    []string `json:"may"`   // the steps the actor may take now
}

// Get gives one directive. Fault: not_found.
func (s *Service) Get(ctx context.Context, in ByID) (out Dossier, err error) {
	who, err := audit.Require(ctx, "directive.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = s.dossier(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func (s *Service) dossier(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (out Dossier, err error) {
	if out.Directive, err = inScope(ctx, tx, who.Node, id); err != nil {
		return out, err
	}
	if out.Light, err = db.One[string](ctx, tx, `SELECT `+light+` FROM directive_directive d WHERE d.id = ?`, append(lightArgs(tx), id)...); err != nil {
		return out, err
	}
	if out.Owners, err = ownersOf(ctx, tx, id); err != nil {
		return out, err
	}
	if out.Steps, err = stepsOf(ctx, tx, id); err != nil {
		return out, err
	}
	if out.Subject != "" {
		if out.About, err = s.Records.Record(ctx, tx, who, out.Subject); err != nil {
			out.Hidden, err = true, absentOnly(err)
			if err != nil {
				return out, err
			}
		}
	}
	out.May, err = mayTake(ctx, tx, who, out.Directive)
	return out, err
}

// mayTake lists the steps that the actor may take now.
func mayTake(ctx context.Context, tx *db.Tx, who audit.Actor, d Directive) ([]string, error) {
	out := []string{}
	for _, r := range rules {
		if !who.May(r.perm) || !slices.Contains(r.from, d.State) || r.kind == "accept" && d.ReportedBy == who.Person {
			continue
		}
		err := r.may(ctx, tx, who, d)
		if fault.Is(err, fault.Forbidden) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r.kind)
	}
	return out, nil
}

// absentOnly lets an absent record pass and hands any other error back.
func absentOnly(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

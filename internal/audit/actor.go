// Package audit records who did what to what, before and after, in the transaction that did it.
// It also owns the acting person: package auth puts an Actor into the context, use cases ask for it here.
package audit

import (
	"context"

	"zhudian/internal/fault"
)

// Actor is the person on whose behalf code runs.
type Actor struct {
	Person  string // the human being; four eyes compare this, never the account
	Account string
	Login   string
	Name    string
	Unit    string   // code of the unit the account belongs to
	Node    string   // root of what the person may see: a unit, a station or a team
	Chain   string   // audit chain of the unit's area
	Roles   []string // e.g. "county"
	Source  string   // web, api, cli, import, demo, system
	Lang    string   // zh or en
	Session string

	Can func(permission string) bool `json:"-"`
}

// May reports whether the actor holds a permission.
func (a Actor) May(permission string) bool { return a.Can != nil && a.Can(permission) }

type actorKey struct{}

// With puts the acting person into the context.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// Who gives the acting person, and false when nobody is signed in.
func Who(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// Require gives the acting person if they hold the permission.
// Faults: sign_in (Unauthenticated), not_allowed (Forbidden).
func Require(ctx context.Context, permission string) (Actor, error) {
	a, ok := Who(ctx)
	if !ok {
		return a, fault.New(fault.Unauthenticated, "sign_in", "请先登录。", "Sign in first.")
	}
	if !a.May(permission) {
		return a, fault.New(fault.Forbidden, "not_allowed",
			"您的角色不能做这件事。需要的话，请找本单位的安全管理员。",
			"Your role may not do this. If you need it, ask your unit's security administrator.")
	}
	return a, nil
}

// System is the actor of work no person started: migrations, timed jobs.
func System(chain string) Actor {
	return Actor{
		Person: "system", Account: "system", Login: "system", Name: "system", Chain: chain, Source: "system",
		Can: func(string) bool { return true },
	}
}

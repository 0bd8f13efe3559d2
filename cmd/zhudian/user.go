package main

import (
	"context"
	"fmt"
	"strings"

	"zhudian/cmd/zhudian/wire"
	"zhudian/internal/auth"
)

type userCmd struct {
	Add   userAddCmd   `cmd:"" help:"Open an account."`
	Reset userResetCmd `cmd:"" help:"Give an account a new password."`
	List  userListCmd  `cmd:"" help:"List accounts."`
	Token userTokenCmd `cmd:"" help:"Print a bearer token for an account."`
}

// write runs fn on the opened data, acting for --as.
func (g *Globals) write(ctx context.Context, fn func(ctx context.Context, a *wire.App) error) error {
	a, done, err := g.openWrite(ctx)
	if err != nil {
		return err
	}
	defer done.Close() //nolint:errcheck // every acknowledged write is on disk already
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	if ctx, err = g.acting(ctx, a); err != nil {
		return err
	}
	return fn(ctx, a)
}

type userAddCmd struct {
	Login string   `arg:""`
	Name  string   `help:"The person's name." required:""`
	Unit  string   `help:"Unit the account belongs to." default:"520000" placeholder:"CODE"`
	Node  string   `help:"Root of what it may see; default the unit." placeholder:"NODE"`
	Roles []string `help:"Roles." placeholder:"ROLE"`
}

// Run opens an account and prints its first password.
func (c *userAddCmd) Run(ctx context.Context, g *Globals) error {
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		in := auth.AddAccount{Login: c.Login, Name: c.Name, Unit: c.Unit, Node: c.Node}
		for _, r := range c.Roles {
			in.Roles = append(in.Roles, auth.Role(r))
		}
		out, err := a.Auth.Add(ctx, in)
		if err != nil {
			return err
		}
		fmt.Printf("%s\t%s\n", out.Account.Login, out.Password)
		return nil
	})
}

type userResetCmd struct {
	Login string `arg:""`
}

// Run prints a new password that must be changed at the first sign-in.
func (c *userResetCmd) Run(ctx context.Context, g *Globals) error {
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		out, err := a.Auth.Reset(ctx, auth.AccountID{ID: c.Login})
		if err != nil {
			return err
		}
		fmt.Printf("%s\t%s\n", out.Account.Login, out.Password)
		return nil
	})
}

type userListCmd struct{}

// Run lists the accounts.
func (userListCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.openRead(ctx)
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // nothing was written
	if ctx, err = g.acting(ctx, a); err != nil {
		return err
	}
	after := ""
	for {
		out, err := a.Auth.List(ctx, auth.ListAccounts{Limit: 200, After: after})
		if err != nil {
			return err
		}
		for _, x := range out.Accounts {
			roles := make([]string, len(x.Roles))
			for i, r := range x.Roles {
				roles[i] = string(r)
			}
			fmt.Printf("%s\t%s\t%s\t%s\t%s\n", x.Login, x.Name, x.Unit, x.Node, strings.Join(roles, ","))
		}
		if after = out.Next; after == "" {
			return nil
		}
	}
}

type userTokenCmd struct {
	Login string `arg:""`
	Name  string `help:"What the token is for." default:"command line"`
	Days  int    `help:"Days until it expires." default:"30"`
}

// Run prints a bearer token.
func (c *userTokenCmd) Run(ctx context.Context, g *Globals) error {
	return g.write(ctx, func(ctx context.Context, a *wire.App) error {
		out, err := a.Auth.IssueTokenFor(ctx, c.Login, auth.NewToken{Name: c.Name, Days: c.Days})
		if err != nil {
			return err
		}
		fmt.Println(out.Secret)
		return nil
	})
}

package org

import (
	"context"
	"strconv"

	"zhudian/internal/web"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// indent is the class that pushes a unit of the tree to its depth.
func indent(depth int) string { return "zd-indent zd-indent-" + strconv.Itoa(min(depth, 4)) }

// spanText shows the days of a unit, "" when it has always been there.
func spanText(ctx context.Context, u Unit) string {
	switch {
	case u.ValidFrom == First && u.ValidTo == Last:
		return ""
	case u.ValidTo == Last:
		return web.T(ctx, "org.from", u.ValidFrom)
	case u.ValidFrom == First:
		return web.T(ctx, "org.until", u.ValidTo)
	}
	return u.ValidFrom + " – " + u.ValidTo
}

func kindChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, k := range []Kind{Province, City, County, Platform, Park, Office} {
		out = append(out, web.Choice{Value: string(k), Text: web.T(ctx, "org.kind."+string(k))})
	}
	return out
}

// unitProps is the form of a unit.
type unitProps struct {
	New   bool
	Unit  Unit
	State web.FormState
	D     *Directory
}

func (p unitProps) title(ctx context.Context) string {
	if p.New {
		return web.T(ctx, "org.new")
	}
	return p.Unit.Name
}

func (p unitProps) action() string {
	if p.New {
		return "/admin/units"
	}
	return "/admin/units/" + p.Unit.Code
}

func (p unitProps) version() string {
	if v := p.State.Value("version"); v != "" {
		return v
	}
	return "0"
}

// unitChoice is the unit chosen now; the picker finds the others by typing.
func (p unitProps) unitChoice(ctx context.Context, field string) []web.Choice {
	out := []web.Choice{{}}
	if code := p.State.Value(field); code != "" {
		out = append(out, web.Choice{Value: code, Text: p.D.UnitName(code, web.Lang(ctx))})
	}
	return out
}

func (p unitProps) regionChoice() []web.Choice {
	out := []web.Choice{{}}
	if code := p.State.Value("region"); code != "" {
		out = append(out, web.Choice{Value: code, Text: p.D.RegionName(code)})
	}
	return out
}

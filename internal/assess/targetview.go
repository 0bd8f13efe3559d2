package assess

import (
	"context"
	"strconv"

	"zhudian/internal/org"
	"zhudian/internal/web"
)

func targetChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, m := range targetMeasures {
		out = append(out, web.Choice{Value: m, Text: targetName(ctx, m)})
	}
	return out
}

// years offers the last two years and the next.
func years(ctx context.Context) []web.Choice {
	var out []web.Choice
	this, err := strconv.Atoi(web.Today(ctx)[:4])
	if err != nil {
		return nil
	}
	for y := this + 1; y > this-2; y-- {
		out = append(out, web.Choice{Value: strconv.Itoa(y), Text: strconv.Itoa(y)})
	}
	return out
}

// targetNodes offers the units below one's own, and the province itself to the province.
func (v *sight) targetNodes() []web.Choice {
	list := v.units("", true)
	if u, err := v.dir.Unit(v.root); err == nil && u.Kind == org.Province {
		list[0] = web.Choice{Value: u.Code, Text: u.Title(v.lang)}
	}
	return list
}

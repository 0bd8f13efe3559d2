package field

import (
	"context"
	"strings"

	"zhudian/internal/web"
)

func buildingTitle(ctx context.Context, v *buildingFormView) string {
	if v.rec == nil {
		return web.T(ctx, "sweep.new_building")
	}
	return web.T(ctx, "sweep.edit_building")
}

func (v *buildingFormView) back() string {
	if v.rec == nil {
		return "/sweeps"
	}
	return buildingURL(v.rec.ID)
}

func sinceMeta(ctx context.Context, since string) string {
	if since == "" {
		return ""
	}
	return web.T(ctx, "sweep.since", since)
}

func noDoorsText(ctx context.Context, v *buildingView) string {
	if v.open && v.rec.Doors > 0 {
		return web.T(ctx, "sweep.none_open")
	}
	return web.T(ctx, "sweep.no_doors")
}

func importStep(v importView) int {
	if v.looked == nil {
		return 0
	}
	return 1
}

// knocks reports whether finding this takes knocking: nobody does after a refusal.
func knocks(state string) bool { return state == "met" || state == "nobody" || state == "refused" }

func stateClass(state string) string { return "found-" + state }

// short is a name without the city that all names of the building begin with.
func (v *buildingView) short(name string) string {
	return strings.TrimPrefix(name, districtName(v.dir, v.rec.City))
}

package web

import (
	"context"
	"encoding/json"

	"github.com/a-h/templ"
)

// PageProps describes a page of the staff shell.
type PageProps struct {
	Title string // of the browser tab, without the product name
	Nav   string // key of the current menu item
	// Fill gives the page the height of the window: its own columns scroll (lists, claim, bulletin).
	Fill bool
	// Actions is a record or form with its own bottom bar on a phone, in place of the menu's.
	Actions bool
	// Back is where the arrow of a phone leads; "" shows the brand.
	Back string
	// Theme forces light or dark; "" follows the person.
	Theme string
	// Scripts are further modules under static, e.g. "field.js".
	Scripts []string
}

// ButtonKind is how strong a button looks; a page has at most one Primary.
type ButtonKind string

// The kinds of button.
const (
	Outlined ButtonKind = ""
	Primary  ButtonKind = "primary"
	Warning  ButtonKind = "alarm"
	Quiet    ButtonKind = "quiet"
)

// ButtonProps is a button, or a link that looks like one when URL is set.
type ButtonProps struct {
	Text  string
	Icon  string
	Kind  ButtonKind
	URL   string
	Key   string // keyboard hint; pressing it presses the button
	Small bool
	// IconOnly hides the text; it stays as label and tooltip.
	IconOnly bool
	Disabled bool
	// Reason is the id of what explains why it is disabled.
	Reason string
	// Submit makes it submit its form; Name and Value go with it.
	Submit      bool
	Name, Value string
	Attrs       templ.Attributes // htmx and the like
}

func (p ButtonProps) class() string {
	c := "btn"
	if p.Kind != Outlined {
		c += " btn-" + string(p.Kind)
	}
	if p.Small {
		c += " btn-sm"
	}
	if p.IconOnly {
		c += " btn-sq"
	}
	return c
}

func (p ButtonProps) kind() string {
	if p.Submit {
		return "submit"
	}
	return "button"
}

// Crumb is one step of the breadcrumb line.
type Crumb struct{ Text, URL string }

// HeadProps is the head of a page.
type HeadProps struct {
	Title string
	Meta  string // facts beside the title, joined by " · "
	View  templ.Component
}

// RecordProps is the head of a record.
type RecordProps struct {
	Title      string
	Code       string // business code, with a copy button
	Tags       []Tag
	Crumbs     []Crumb
	Position   string // 第 3 / 27 个
	Prev, Next string // addresses for [ and ]
}

// Tag is a small framed word.
type Tag struct {
	Text string
	Tone string // "", act, due or alarm
}

// htmxConfig is the strict setting of htmx: no snapshots in storage, no eval, own host only, and answers
// with an error status are swapped, because they hold the form with its faults or a notice.
func htmxConfig() string {
	b, _ := json.Marshal(map[string]any{
		"historyCacheSize": 0, "refreshOnHistoryMiss": true, "allowEval": false, "selfRequestsOnly": true,
		"allowScriptTags": false, "includeIndicatorStyles": false, "scrollBehavior": "auto",
		"responseHandling": []map[string]any{
			{"code": "204", "swap": false},
			{"code": "[23]..", "swap": true},
			{"code": "401", "swap": false, "error": true},
			{"code": "[45]..", "swap": true, "error": true},
		},
	})
	return string(b)
}

func htmlLang(ctx context.Context) string {
	if Lang(ctx) == "en" {
		return "en"
	}
	return "zh-CN"
}

func titleOf(ctx context.Context, title string) string {
	if title == "" {
		return T(ctx, "app.name")
	}
	return title + " · " + T(ctx, "app.name")
}

func countAlarm(c Count) string {
	if c.Alarm {
		return "alarm"
	}
	return ""
}

func current(on bool) string {
	if on {
		return "page"
	}
	return "false"
}

func initial(name string) string {
	for _, r := range name {
		return string(r)
	}
	return ""
}

func joinDots(parts ...string) string {
	out := ""
	for _, p := range parts {
		if p == "" {
			continue
		}
		if out != "" {
			out += " · "
		}
		out += p
	}
	return out
}

// here is the address of this page, for choices that come back to it.
func here(ctx context.Context) string { return frameOf(ctx).path }

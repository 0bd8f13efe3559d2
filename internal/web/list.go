package web

import (
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// Choice is one option of a select, filter or segmented control.
type Choice struct {
	Value, Text string
	Hint        string
}

// FilterProps is one quick filter: a real control whose state is in the address.
type FilterProps struct {
	Name, Label string
	Kind        string // select (default), search, date, month, or hidden for what the list keeps
	Value       string
	Choices     []Choice
	Placeholder string
}

func (p FilterProps) on() bool { return p.Value != "" }

// BulkAction is a button of the selection bar; it posts the chosen ids (field "ids", or "all" with the
// query of the list) to URL.
type BulkAction struct{ Text, Icon, URL string }

// ViewSwitch is one of table, board, calendar, map.
type ViewSwitch struct {
	Icon, Text, URL string
	On              bool
}

// ListProps is a list page below its head: filters, selection bar, table (children), foot.
type ListProps struct {
	Action  string // address of the list, without query
	Filters []FilterProps
	// MoreFilters opens under 筛选; MoreSet counts those in force.
	MoreFilters templ.Component
	MoreSet     int
	ClearURL    string // shown when anything is set
	Sorts       []Choice
	Sort        string
	Columns     []Choice // Hint "on" for shown ones
	Views       []ViewSwitch
	Bulk        []BulkAction
	Unit        string // measure word: 家
	Loaded      int
	Total       int64 // -1 when not counted
	AtLeast     bool  // the total is more than Total: 10,000+
	Next        string
	Query       string // of this list, for "all"
	Foot        templ.Component
	Empty       templ.Component // instead of the table when nothing matches
}

func (p ListProps) total() string {
	if p.AtLeast {
		return Int(p.Total) + "+"
	}
	return Int(p.Total)
}

// loadedText says how much of the list is here; n is the number of rows.
func (p ListProps) loadedText(ctx context.Context, n string) string {
	if p.Total < 0 {
		return T(ctx, "list.loaded", n, p.Unit)
	}
	return T(ctx, "list.loaded_of", n, p.Unit, p.total())
}

// Col is one column of a table.
type Col struct {
	Text   string
	Unit   string // after the name in grey
	Num    bool   // numbers, dates and percentages stand right
	Width  int    // pixels; 0 shares what is left
	Sort   string // address that sorts by it
	Sorted string // "asc", "desc" or ""
	Wide   bool   // left out on a phone; give its cells the class zd-wide too
	Check  bool   // the column of check boxes
	Hidden bool   // name for screen readers only
}

func (c Col) width() string {
	if c.Check {
		return "44"
	}
	if c.Width == 0 {
		return ""
	}
	return strconv.Itoa(c.Width)
}

func (c Col) ariaSort() string {
	switch c.Sorted {
	case "asc":
		return "ascending"
	case "desc":
		return "descending"
	}
	return "none"
}

// RowProps is one row of a list: URL is where Enter leads, Name labels its check box.
type RowProps struct {
	ID, URL, Name string
	Selectable    bool
	Checked       bool // chosen before, e.g. when a bulk action came back with a fault
	Class         string
}

// monthsShown is how far back the filter by month reaches.
const monthsShown = 24

// monthChoices are the last two years of months in the words of the page: a browser's own month field speaks the
// language of the browser. A month asked for that is not among them stays a choice.
func monthChoices(ctx context.Context, now string) []Choice {
	out := []Choice{{Text: T(ctx, "list.any_month")}}
	first, err := time.Parse(time.DateOnly, Today(ctx))
	if err != nil {
		return append(out, Choice{Value: now, Text: now})
	}
	first = first.AddDate(0, 0, 1-first.Day())
	known := now == ""
	for i := range monthsShown {
		m := first.AddDate(0, -i, 0)
		value := m.Format("2006-01")
		out = append(out, Choice{Value: value, Text: T(ctx, "list.month", m.Year(), T(ctx, "list.month_name."+m.Format("01")))})
		known = known || value == now
	}
	if !known {
		out = append(out, Choice{Value: now, Text: now})
	}
	return out
}

// Coded are the choices of a closed list by its texts: key.code. A none that is not empty comes first and chooses nothing.
func Coded(ctx context.Context, none, key string, codes ...string) []Choice {
	var out []Choice
	if none != "" {
		out = append(out, Choice{Text: none})
	}
	for _, c := range codes {
		out = append(out, Choice{Value: c, Text: T(ctx, key+"."+c)})
	}
	return out
}

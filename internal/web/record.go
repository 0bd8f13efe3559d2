package web

import "github.com/a-h/templ"

// Stage is one step of the stage bar.
type Stage struct {
	Name  string
	Note  string // days in it, or its deadline
	State string // done, now or "" for to come
	Late  bool
}

func (s Stage) aria() string {
	if s.State == "now" {
		return "step"
	}
	return "false"
}

// MissingProps says what the next stage still needs.
type MissingProps struct {
	ID    string // default zd-missing; the disabled button names it as its reason
	Title string // 推进到“开工”还缺 3 项
	Meta  string // 已备 2 项 · 由铜仁市投资促进局现场确认
	Rule  string // 规则：阶段口径 v3 · C1 开工
	Open  []MissingItem
	Ready []MissingItem
}

// MissingItem is one requirement: open ones have an action, ready ones a reference and a date.
type MissingItem struct {
	Text, Hint  string
	Action, URL string
	Ref, When   string
}

// Fact is one line of a definition list; Comp stands in for Text when it is more than text.
type Fact struct {
	Label string
	Text  string
	URL   string
	Comp  templ.Component
}

// TimelineProps is one event of a timeline; children are what stands behind the actor.
type TimelineProps struct {
	Icon   string
	Actor  string
	When   string
	Full   string // full time for the title
	Second string // reason or origin: 手机离线记录 · 设备 15:42，到达 21:07
}

// SharePart is one part of a whole in a share bar, in millionths.
type SharePart struct {
	Text       string
	Millionths int64
}

func shareX(parts []SharePart, i int) string {
	var x int64
	for _, p := range parts[:i] {
		x += p.Millionths
	}
	return permille(x, 1_000_000)
}

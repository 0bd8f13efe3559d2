package web

import (
	"context"
	"sort"
)

// Group is one of the five groups of the side menu, in their order; the workbench stands above them.
type Group string

// The groups of the side menu.
const (
	GroupTop     Group = ""        // 工作台
	GroupField   Group = "field"   // 驻点工作
	GroupLibrary Group = "library" // 资源与项目
	GroupVerify  Group = "verify"  // 核实与数字
	GroupService Group = "service" // 承接与服务
	GroupResult  Group = "result"  // 成果
	GroupAdmin   Group = "admin"   // 管理
)

var groupOrder = []Group{GroupTop, GroupField, GroupLibrary, GroupVerify, GroupService, GroupResult, GroupAdmin}

// NavItem is one line of the side menu. Its text is the catalogue key "nav.<Key>". A person without the
// permission does not see it.
type NavItem struct {
	Key   string // stable, also the key of Shell.Counts and of App's Nav
	Icon  string // name in the icon sprite
	URL   string
	Perm  string
	Group Group
	Order int    // within the group, low first
	Go    string // letter after g that leads here, or ""
	Phone bool   // one of the four in the bottom bar of a phone
}

// Nav adds an item to the side menu.
func (m *Mux) Nav(it NavItem) {
	m.nav = append(m.nav, it)
	sort.SliceStable(m.nav, func(i, j int) bool {
		a, b := m.nav[i], m.nav[j]
		if a.Group != b.Group {
			return groupIndex(a.Group) < groupIndex(b.Group)
		}
		return a.Order < b.Order
	})
}

// Command is an action of the palette beside the menu itself. Its text is the catalogue key "command.<Key>".
type Command struct{ Key, Icon, URL, Perm string }

// Command adds an action to the palette.
func (m *Mux) Command(c Command) { m.commands = append(m.commands, c) }

func groupIndex(g Group) int {
	for i, x := range groupOrder {
		if x == g {
			return i
		}
	}
	return len(groupOrder)
}

type navGroup struct {
	Group Group
	Items []NavItem
}

// navGroups is the menu as this person sees it.
func navGroups(ctx context.Context) []navGroup {
	var out []navGroup
	for _, it := range frameOf(ctx).nav {
		if !May(ctx, it.Perm) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Group != it.Group {
			out = append(out, navGroup{Group: it.Group})
		}
		out[len(out)-1].Items = append(out[len(out)-1].Items, it)
	}
	return out
}

// phoneItems are the first four items marked for the bottom bar that this person sees.
func phoneItems(ctx context.Context) []NavItem {
	var out []NavItem
	for _, it := range frameOf(ctx).nav {
		if it.Phone && May(ctx, it.Perm) && len(out) < 4 {
			out = append(out, it)
		}
	}
	return out
}

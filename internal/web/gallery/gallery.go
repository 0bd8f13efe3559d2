// Package gallery shows every shared component with invented content. Only tests import it: they keep the
// markup golden and take the pictures people look at. No command serves it.
package gallery

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"zhudian/internal/web"
)

// Clock is the moment every page of the gallery is shown at.
var Clock = time.Date(2020, 12, 16, 10, 5, 0, 0, web.Zone())

// Mux serves the gallery to anyone.
func Mux() *web.Mux {
	m := web.New(web.Options{
		Guard: func(r *http.Request, _ string) (*http.Request, error) { return r, nil },
		Shell: func(r *http.Request) web.Shell {
			theme := "light"
			if r.URL.Path == "/dark" {
				theme = "dark"
			}
			return web.Shell{
				Theme:  theme,
				Person: &web.Person{Name: "杨昌慧", Unit: "碧江区", Role: "核实员"}, Now: Clock, Lang: "zh",
				AsOf: web.AsOf{Date: "2020-12-15", Book: "recognised"}, Can: func(string) bool { return true },
				Counts: map[string]web.Count{
					"leads": {N: 6}, "verify": {N: 14, Alarm: true}, "match": {N: 3},
					"tickets": {N: 2}, "directives": {N: 1, Alarm: true},
				},
				TasksURL: "/tasks", NoticesURL: "/notices", ProfileURL: "/me", SignOutURL: "/signout", Notices: 2,
			}
		},
	})
	for _, it := range menu {
		m.Nav(it)
	}
	for path, page := range pages {
		m.Page("GET "+path, web.AnyPerson, func(*http.Request) (templ.Component, error) { return page, nil })
	}
	return m
}

var menu = []web.NavItem{
	{Key: "workbench", Icon: "layout-dashboard", URL: "/", Group: web.GroupTop, Phone: true, Go: "h"},
	{Key: "visits", Icon: "walk", URL: "/visits", Group: web.GroupField, Order: 1, Phone: true, Go: "v"},
	{Key: "sweeps", Icon: "building", URL: "/sweeps", Group: web.GroupField, Order: 2},
	{Key: "tours", Icon: "bus", URL: "/tours", Group: web.GroupField, Order: 3},
	{Key: "events", Icon: "calendar-event", URL: "/events", Group: web.GroupField, Order: 4},
	{Key: "stations", Icon: "map-pin", URL: "/stations", Group: web.GroupField, Order: 5},
	{Key: "companies", Icon: "building-factory-2", URL: "/companies", Group: web.GroupLibrary, Order: 1, Phone: true, Go: "c"},
	{Key: "contacts", Icon: "address-book", URL: "/contacts", Group: web.GroupLibrary, Order: 2},
	{Key: "leads", Icon: "bulb", URL: "/leads", Group: web.GroupLibrary, Order: 3},
	{Key: "projects", Icon: "briefcase", URL: "/projects", Group: web.GroupLibrary, Order: 4, Phone: true, Go: "p"},
	{Key: "funds", Icon: "coin-yuan", URL: "/funds", Group: web.GroupLibrary, Order: 5},
	{Key: "verify", Icon: "checks", URL: "/verify", Group: web.GroupVerify, Order: 1},
	{Key: "figures", Icon: "chart-dots-3", URL: "/figures", Group: web.GroupVerify, Order: 2},
	{Key: "ledger", Icon: "notebook", URL: "/ledger", Group: web.GroupVerify, Order: 3},
	{Key: "periods", Icon: "lock", URL: "/periods", Group: web.GroupVerify, Order: 4},
	{Key: "sites", Icon: "map-2", URL: "/sites", Group: web.GroupService, Order: 1},
	{Key: "match", Icon: "arrow-merge", URL: "/match", Group: web.GroupService, Order: 2},
	{Key: "tickets", Icon: "headset", URL: "/tickets", Group: web.GroupService, Order: 3},
	{Key: "directives", Icon: "flag", URL: "/directives", Group: web.GroupService, Order: 4},
	{Key: "assess", Icon: "award", URL: "/assess", Group: web.GroupResult, Order: 1},
	{Key: "bulletins", Icon: "file-text", URL: "/bulletins", Group: web.GroupResult, Order: 2},
	{Key: "screen", Icon: "device-desktop-analytics", URL: "/screen", Group: web.GroupResult, Order: 3},
}

// pages are the gallery by address.
var pages = map[string]templ.Component{
	"/":               workbench(),
	"/dark":           workbench(),
	"/companies":      companies(),
	"/projects":       project(),
	"/figures":        figures(),
	"/figures/drawer": drawer(),
	"/verify":         verify(),
	"/bulletins":      bulletin(),
	"/visits":         states(),
	"/forms":          forms(),
	"/signin":         signIn(),
	"/article":        article(),
}

// fig is a chip that asks for one measure.
func fig(value, unit, measure, title string) web.FigProps {
	return web.FigProps{
		Value: value, Unit: unit, Title: title,
		Query: url.Values{"measure": {measure}, "station": {"shenzhen"}},
	}
}

func company(i int) companyRow { return companyRows[i%len(companyRows)] }

type companyRow struct {
	Name, Code, Industry, Region, Capital, Intent, Aim, Owner, Visits, Last, State, Tone string
	Tags                                                                                 []web.Tag
}

var companyRows = []companyRow{
	{"凌汐科技（深圳）有限公司", "91440300MA5F3T8H1C", "C39 电子设备", "南山区", "5,000", "A", "传感模组", "碧江区", "5", "12-15", "签约", "act", []web.Tag{{Text: "小巨人"}}},
	{"深圳市佳泰连接器有限公司", "91440300774120956B", "C38 电气机械", "宝安区", "8,000", "A", "连接器 + 注塑", "碧江区", "4", "12-14", "考察中", "act", []web.Tag{{Text: "高新"}}},
	{"深圳宏图线路科技股份有限公司", "91440300708455120M", "C39 电子设备", "宝安区", "31,600", "B", "HDI 板", "铜仁高新区", "9", "12-11", "在谈", "act", []web.Tag{{Text: "上市"}}},
	{"深圳市穗丰智能装备有限公司", "91440300MA5G0W4N7X", "C35 专用设备", "光明区", "3,000", "B", "涂布机", "贵阳经开区", "2", "12-11", "研判", "act", []web.Tag{{Text: "高新"}}},
	{"深圳市科远传动技术有限公司", "91440300MA5DQ19E3T", "C34 通用设备", "坪山区", "1,500", "C", "减速器", "", "1", "12-09", "新录入", "hollow", nil},
	{"深圳市启源模具有限公司", "91440300MA5EX6J20D", "C35 专用设备", "宝安区", "1,800", "B", "精密模具", "万山区", "3", "12-07", "首谈异议", "due", []web.Tag{{Text: "高新"}}},
	{"鹏达照明（深圳）有限公司", "91440300565712384K", "C38 电气机械", "龙岗区", "2,600", "B", "LED 封装", "碧江区", "8", "12-09", "已落地", "act", []web.Tag{{Text: "在黔", Tone: "act"}}},
	{"深圳市泰昌精工有限公司", "91440300MA5D5B7Q2W", "C34 通用设备", "龙华区", "3,500", "B", "CNC 车间", "播州区", "5", "12-02", "久未回访", "alarm", []web.Tag{{Text: "高新"}}},
}

func chartMonths() web.ChartData {
	vals := [][]int64{{11000, 13800, 18400, 17000, 21300, 6200}, {300, 200, 100, 100, 900, 1400}, {0, 0, 0, 0, 200, 3200}}
	names := []string{"认定", "待省认定", "待市审核"}
	d := web.ChartData{Kind: "stack", X: []string{"7 月", "8 月", "9 月", "10 月", "11 月", "12 月"}, Open: -1}
	for i, vs := range vals {
		s := web.ChartSeries{Name: names[i]}
		for _, v := range vs {
			s.Values = append(s.Values, web.Value(v, 0))
		}
		d.Series = append(d.Series, s)
	}
	return d
}

func chartFigures() web.ChartData {
	month := []int64{43, 57, 31, 7, 48, 88, 113, 135, 146, 159, 277, 214, 291, 166}
	d := web.ChartData{Kind: "month", Open: 13, X: []string{"19-11", "12", "20-01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}}
	a, b := web.ChartSeries{Name: "当月新增"}, web.ChartSeries{Name: "累计(右轴)"}
	var sum int64
	for _, v := range month {
		sum += v
		a.Values, b.Values = append(a.Values, web.Value(v, 0)), append(b.Values, web.Value(sum, 0))
		a.Text = append(a.Text, web.Int(v))
	}
	d.Series = []web.ChartSeries{a, b}
	return d
}

func trendPoints() []web.TrendPoint {
	vs := []int64{43, 100, 131, 138, 186, 274, 387, 522, 668, 827, 1105, 1320, 1611, 1777}
	ps := make([]web.TrendPoint, len(vs))
	for i, v := range vs {
		ps[i].Value = v
	}
	ps[4].Label, ps[7].Label = "2020-03", "06"
	ps[10].Label, ps[10].Text = "09", "1,105.00"
	ps[13].Label, ps[13].Text = "12-15", "1,777.02"
	return ps
}

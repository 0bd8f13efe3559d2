package demo

import (
	"context"
	"fmt"

	"zhudian/internal/auth"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

// asked is what investors ask for, by kind of request.
var asked = []struct{ kind, title, text, answer string }{
	{"land", "二期厂房面积不够", "设备下月到货，还差两千平方米标准厂房，希望就近调剂。", "园区已调剂出 2,200 平方米，月底交付。"},
	{"energy", "生产线用电增容", "新增一条产线，变压器容量不够，申请增容八百千伏安。", "供电部门已完成现场勘察并增容。"},
	{"labour", "普工短缺", "投产在即，缺装配工六十人，希望组织专场招聘。", "已办专场招聘会，到岗五十八人。"},
	{"finance", "流动资金周转", "订单增加，需要短期流动资金贷款，请帮助对接银行。", "已对接两家银行，授信已批。"},
	{"policy", "厂房租金补助没有到账", "协议约定的首年租金补助尚未拨付。", "财政已审核拨付到账。"},
	{"permit", "环评手续进度", "环评报告已报送三周，请协调加快受理。", "已受理并出具批复。"},
	{"tax", "设备进项抵扣咨询", "进口设备的进项如何抵扣，需要明确口径。", "税务专员已上门说明并办结。"},
	{"living", "员工子女入学", "随迁员工有五名子女需要就近入学。", "教育部门已安排入学。"},
}

// service plays one day of the service to investors: requests come in on every third day, are answered the same
// afternoon, settled some days later, and the company is rung up for its rating.
func (m *maker) service(ctx context.Context, on string) error {
	if on < "2020-06-01" {
		return nil
	}
	n := int(day(on).Sub(day("2020-06-01")).Hours() / 24)
	for _, step := range []struct {
		lag int
		do  func(context.Context, int) error
	}{{0, m.ask}, {6, m.settleRequest}, {9, m.ringUp}} {
		if k := n - step.lag; k >= 0 && k%3 == 0 {
			if err := step.do(ctx, k/3); err != nil {
				return fmt.Errorf("request %d: %w", k/3, err)
			}
		}
	}
	return nil
}

// asker is the project whose investor sends the n-th request.
func (m *maker) asker(n int) *deal { return m.p.deals[(n*37)%(len(m.p.deals)/2)] }

func (m *maker) county(ctx context.Context, unit string) context.Context {
	return m.as(ctx, "county "+unit, unit, auth.County)
}

func (m *maker) ask(ctx context.Context, n int) error {
	x, d := asked[n%len(asked)], m.asker(n)
	if d.id == "" {
		return nil
	}
	in := m.county(ctx, d.unit)
	t, err := m.Ticket.File(in, ticket.File{Kind: x.kind, Title: x.title, Text: x.text, Unit: d.unit, Company: d.lead.id, Project: d.id, Source: "phone"})
	if err != nil {
		return err
	}
	m.requests[n] = t.ID
	if n%9 == 4 { // somebody forgot to answer within the day
		return nil
	}
	_, err = m.Ticket.Take(in, ticket.Act{ID: t.ID, Kind: "answer", Text: "已收到，专人今天联系。"})
	return err
}

func (m *maker) settleRequest(ctx context.Context, n int) error {
	id := m.requests[n]
	if id == "" || n%11 == 7 { // a few stay open
		return nil
	}
	_, err := m.Ticket.Take(m.county(ctx, m.asker(n).unit), ticket.Act{ID: id, Kind: "resolve", Text: asked[n%len(asked)].answer})
	return err
}

// ringUp asks for the rating, closes the request and has it recognised.
func (m *maker) ringUp(ctx context.Context, n int) error {
	id, d := m.requests[n], m.asker(n)
	if id == "" || n%11 == 7 {
		return nil
	}
	t, err := m.Ticket.Take(m.county(ctx, d.unit), ticket.Act{ID: id, Kind: "close", Text: "电话回访。", Rating: []int64{5, 4, 5, 3, 5, 4, 2}[n%7]})
	if err != nil {
		return err
	}
	if err := m.decide(m.as(ctx, "city "+d.city, d.city, auth.City), t.Subject(), verify.Pass, ""); err != nil {
		return err
	}
	return m.decide(m.as(ctx, "province", "520000", auth.Province), t.Subject(), verify.Pass, "")
}

// ownRequests are those of the demo's investor: one to rate, one under way, one that nobody has answered.
func (m *maker) ownRequests(ctx context.Context) error {
	for i, x := range []struct{ day, kind, title, text, answer string }{
		{"2020-12-02", "energy", "二号车间供电不稳", "本周跳闸三次，影响生产，请协调检修。", "resolve"},
		{"2020-12-11", "labour", "年后用工缺口", "预计节后缺操作工四十人，希望提前组织。", "answer"},
		{"2020-12-14", "policy", "设备投资补助申报", "补助申报材料已报两个月，未收到结果。", ""},
	} {
		m.at(x.day, 15, i)
		t, err := m.Ticket.File(m.of(ctx, "investor"), ticket.File{Kind: x.kind, Title: x.title, Text: x.text, Unit: "520602"})
		if err != nil {
			return err
		}
		if x.answer == "" {
			continue
		}
		if _, err := m.Ticket.Take(m.of(ctx, "county"), ticket.Act{ID: t.ID, Kind: x.answer, Text: "已安排专人办理，结果在这里回复。"}); err != nil {
			return err
		}
	}
	return nil
}

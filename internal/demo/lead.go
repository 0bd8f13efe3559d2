package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhudian/internal/auth"
	"zhudian/internal/match"
	"zhudian/internal/pipeline"
)

// wishes are what companies say they want to build, and need for it.
var wishes = []struct {
	title, said, chain string
	amount             int64 // 万元
	needs              pipeline.Needs
}{
	{"连接器二期外迁", "现有厂房到期，想把冲压和注塑两条线搬到贵州，年内看厂房。", "data", 8_000, pipeline.Needs{Hall: 6_000, Height: 700, Load: 1_000, Power: 1_600, Workers: 260, Rent: 1_200, Sewage: "domestic"}},
	{"酸汤调味品工厂", "看中贵州辣椒和番茄，想建调味品生产线，靠近原料。", "food", 12_000, pipeline.Needs{Hall: 9_000, Height: 600, Power: 900, Steam: 4, Workers: 180, Sewage: "industrial"}},
	{"磷酸铁锂正极材料", "两万吨正极材料，须进合格化工园区，用电量大。", "chemical", 60_000, pipeline.Needs{Land: 120, Power: 8_000, Steam: 12, Workers: 320, Sewage: "heavy", Chemical: true}},
	{"智能终端整机组装", "承接整机组装，旺季用工多，要近高速。", "data", 20_000, pipeline.Needs{Hall: 15_000, Height: 500, Load: 800, Power: 2_200, Workers: 1_200, Sewage: "domestic"}},
	{"中药饮片加工", "订单种植加饮片加工，要有药材基地。", "health", 5_000, pipeline.Needs{Hall: 4_000, Power: 500, Workers: 90, Sewage: "industrial"}},
	{"装配式构件厂", "为省内项目供构件，要堆场。", "building", 9_000, pipeline.Needs{Land: 60, Power: 1_000, Workers: 150}},
	{"精密压铸件", "压铸机吨位大，楼面荷载和层高要够。", "equipment", 15_000, pipeline.Needs{Hall: 8_000, Height: 1_000, Load: 2_000, Power: 3_500, Workers: 220, Sewage: "industrial"}},
	{"刺梨饮料灌装", "已有渠道，缺产地工厂。", "food", 7_000, pipeline.Needs{Hall: 5_000, Height: 600, Power: 600, Steam: 2, Workers: 120}},
}

// found is a lead of the demo under way.
type found struct {
	id, unit string
	valid    bool
}

// hunt plays one day of leads, from the middle of October: every other day a team writes one down, answers the company the
// next day, three days later its county judges it, whoever brought it hears of it within the week, and it is moved on every
// twelve days. A few of the last days wait to be judged; a few were refused; of every seven one was never reported back.
func (m *maker) hunt(ctx context.Context, on string) error {
	n := int(day(on).Sub(day("2020-10-15")).Hours() / 24)
	for i := 0; i <= n; i++ {
		if i%2 == 1 && i < 40 {
			continue
		}
		var err error
		switch age := n - i; {
		case age == 0:
			err = m.find(ctx, i)
		case age == 1:
			err = m.follow(ctx, i, "已电话回应，约好看厂房的时间。")
		case age == 3:
			err = m.judge(ctx, i)
		case age == 5 && i%7 != 6:
			err = m.follow(ctx, i, "研判结果已告知推荐人和企业。")
		case age > 5 && (age-5)%12 == 0 && i%7 != 6 && m.leads[i].valid:
			err = m.follow(ctx, i, progress[(i+age/12)%len(progress)])
		}
		if err != nil {
			return fmt.Errorf("lead %d: %w", i, err)
		}
	}
	return nil
}

// progress is what becomes of leads week by week.
var progress = []string{"企业在比较两处厂房的租金。", "补来了用电和用工的清单。", "董事会月底讨论选址。", "请我们先寄园区资料和政策清单。"}

// follow writes down what the team did about the i-th lead.
func (m *maker) follow(ctx context.Context, i int, said string) error {
	l, ok := m.leads[i]
	if !ok {
		return nil
	}
	team, _ := m.finder(i)
	_, err := m.Pipeline.StepLead(m.as(ctx, "officer "+team, team, auth.Officer), pipeline.NewStep{ID: l.id, Said: said})
	return err
}

// finder gives the team that writes the i-th lead down.
func (m *maker) finder(i int) (team, unit string) {
	teams := m.teams[shenzhen]
	team = teams[(i*7+3)%len(teams)]
	switch {
	case i%6 == 0:
		team = shenzhen + ".520602"
	case i%10 == 4:
		team = shenzhen + ".520000"
	}
	return team, strings.TrimPrefix(team, shenzhen+".")
}

func (m *maker) find(ctx context.Context, i int) error {
	team, unit := m.finder(i)
	w, f := wishes[i%len(wishes)], m.p.firms[investors+200+i]
	l, err := m.Pipeline.RecordLead(m.as(ctx, "officer "+team, team, auth.Officer), pipeline.NewLead{
		Title: shortName(f.name) + w.title, Company: f.id, Source: []string{"visit", "visit", "association", "referral"}[i%4], Team: team, Industry: f.industry[1:],
		Chain: w.chain, Amount: w.amount * wan, Said: w.said, Needs: w.needs,
	})
	m.leads[i] = found{id: l.ID, unit: unit}
	return err
}

// judge: the county whose lead it is, for the others the captain of the station; a valid one goes up to be recognised.
func (m *maker) judge(ctx context.Context, i int) error {
	l, ok := m.leads[i]
	if !ok {
		return nil
	}
	who, city := m.as(ctx, "captain "+shenzhen, shenzhen, auth.Captain), "520000"
	if p, err := m.dir.Path(l.unit, end); err == nil && p.City != "" {
		city = p.City
	}
	if m.people["county "+l.unit] != "" && l.unit != city && l.unit != "520000" {
		who = m.county(ctx, l.unit)
	}
	in := pipeline.Judge{ID: l.id, Valid: i%9 != 5, Reason: "产业对路，有投资方案，已与企业负责人通话核实。"}
	if in.Valid {
		in.Opinion = pipeline.Opinion{
			Industry: "good", Market: []string{"good", "good", "doubt"}[i%3], Technology: "good", Environment: []string{"good", "doubt"}[i%2], Energy: "good", Benefit: "good",
			Proposal: "企业提供的投资意向书", Report: "队伍实地看过企业，主要产品和用工与所说一致",
		}
	} else {
		in.Reason, in.Opinion = "只是打听政策，没有投资方案。", pipeline.Opinion{Industry: "good", Benefit: "doubt"}
	}
	l.valid = in.Valid
	m.leads[i] = l
	got, err := m.Pipeline.JudgeLead(who, in)
	if err == nil && in.Valid {
		m.pending.project(city, got.LeadSubject())
	}
	return err
}

// contest has 万山 report a company that 碧江 talked with first; 铜仁 is still to decide whose it is.
func (m *maker) contest(ctx context.Context) error {
	const mine, other = shenzhen + ".520602", shenzhen + ".520603"
	first, f := m.leads[36], m.p.firms[investors+200+36]
	m.at("2020-12-14", 15, 20)
	l, err := m.Pipeline.RecordLead(m.as(ctx, "officer "+other, other, auth.Officer), pipeline.NewLead{
		Title: shortName(f.name) + "配套基地", Company: f.id, Source: "association", Team: other, Industry: f.industry[1:], Chain: "equipment", Amount: 9_000 * wan, Said: "商会介绍，想在铜仁找一处带宿舍的厂房。",
	})
	if err != nil {
		return err
	}
	for _, x := range []struct{ team, lead, said string }{
		{mine, first.id, "11 月 20 日在深圳总部面谈，已补来用电和用工清单。"},
		{other, l.ID, "12 月 10 日商会年会上与总经理接触，对方说还没有定。"},
	} {
		if _, err := m.Pipeline.Plead(m.as(ctx, "officer "+x.team, x.team, auth.Officer), pipeline.Pleading{ID: x.lead, Said: x.said}); err != nil {
			return err
		}
	}
	return nil
}

// send pushes some of the valid leads: one waits for 碧江区, one was accepted, one returned and sent on, one ran out of time.
func (m *maker) send(ctx context.Context) error {
	province, county := m.as(ctx, "province", "520000", auth.Province), m.as(ctx, "county 520602", "520602", auth.County)
	for _, x := range []struct {
		lead     int
		by       context.Context
		unit     string
		day      string
		hour     int
		answer   string // "", accept, or a reason
		words    string
		answerer string
	}{
		{12, county, "520603", "2020-11-05", 9, "power", "变压器余量不够，明年二季度扩容。", "520603"},
		{12, county, "TR02", "2020-11-06", 10, "accept", "厂房已留，请安排考察。", "TR02"},
		{4, province, "520621", "2020-11-03", 10, "space", "现有厂房层高只有 5 米。", "520621"},
		{4, province, "522701", "2020-11-05", 15, "", "", ""},
		{16, province, "520328", "2020-11-12", 9, "accept", "原料基地可以订单供应。", "520328"},
		{34, province, "520602", "2020-12-15", 15, "", "", ""},
		{24, province, "520402", "2020-12-15", 16, "", "", ""},
	} {
		if m.leads[x.lead].id == "" {
			continue
		}
		m.at(x.day, x.hour, 0)
		sent, err := m.Match.Send(x.by, match.Send{Lead: m.leads[x.lead].id, Unit: x.unit, Note: "企业看重交付时间，希望两周内能看现场。"})
		if err != nil {
			return fmt.Errorf("send lead %d to %s: %w", x.lead, x.unit, err)
		}
		if x.answer == "" {
			continue
		}
		m.Clock.Set(m.Clock.Now().Add(20 * time.Hour))
		a := match.Answer{ID: sent.ID, Accept: x.answer == "accept", Words: x.words}
		if !a.Accept {
			a.Reason = x.answer
		}
		if _, err := m.Match.AnswerSending(m.county(ctx, x.answerer), a); err != nil {
			return fmt.Errorf("answer of %s: %w", x.answerer, err)
		}
	}
	return nil
}

// shortName is the part of a company's name that people say: without the place and the form.
func shortName(name string) string {
	r := []rune(name)
	if strings.Contains(name, "（") { // 明创农业科技（深圳）股份有限公司
		return string(r[:min(4, len(r))])
	}
	return string(r[min(3, len(r)):min(7, len(r))])
}

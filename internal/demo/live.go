package demo

import (
	"context"
	"fmt"

	"zhudian/internal/auth"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/field"
	"zhudian/internal/pipeline"
	"zhudian/internal/verify"
)

// live leaves work in every list for the people of the demo to do on the morning of the opening: claims that wait,
// some of them overdue, one returned, one disputed, a company that looks entered twice, tours to confirm. Nothing
// of it is recognised, so the figures stand.
func (m *maker) live(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.liveFunds, m.liveSteps, m.liveVisits, m.liveTours, m.liveWeek, m.callBack, m.offDuty, m.branch, m.twin} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// mission is what the leader, the investor and the service desk find on the morning of the opening.
func (m *maker) mission(ctx context.Context) error {
	if err := m.ownRequests(ctx); err != nil {
		return err
	}
	if err := m.leaders(ctx); err != nil {
		return err
	}
	if err := m.places(ctx); err != nil {
		return err
	}
	if err := m.send(ctx); err != nil {
		return err
	}
	if err := m.contest(ctx); err != nil {
		return err
	}
	return m.agree(ctx)
}

// agree has 万山 propose a share of its newest project for the team of 碧江, which is to sign.
func (m *maker) agree(ctx context.Context) error {
	m.at("2020-12-15", 16, 40)
	for _, d := range m.p.deals {
		if d.unit == "520603" && d.team == shenzhen+".520603" && d.signed >= "2020-10-01" && d.id != "" {
			_, err := m.Pipeline.ProposeSplit(m.county(ctx, "520603"), pipeline.NewSplit{Project: d.id, Reason: "企业由碧江驻点队伍首访，后选址万山，按约定分给二成。", Shares: []pipeline.Share{
				{Unit: "520603", Team: d.team, Share: 800_000}, {Unit: "520602", Team: shenzhen + ".520602", Share: 200_000},
			}})
			return err
		}
	}
	return fmt.Errorf("万山 has no project to share")
}

// liveFunds: vouchers of running projects; one the prefecture returned, one it has set aside because the county
// next door claims the investor too, and two it passed, which wait for the province.
func (m *maker) liveFunds(ctx context.Context) error {
	var mine []*deal
	for _, d := range m.p.deals {
		if d.unit == "520602" && d.team != "" && d.signed < "2020-11-20" && len(mine) < 7 {
			mine = append(mine, d)
		}
	}
	for i, d := range mine {
		m.at(end, 23, 30+i)
		x := due{d, payment{day: []string{"2020-12-09", "2020-12-10", "2020-12-11", "2020-12-14", "2020-12-15", "2020-12-07", "2020-12-08"}[i], amount: d.amount / 50 / wan * wan, no: fmt.Sprintf("12%02d-9%04d", 7+(i+2)%7, i+1), kind: "bank_slip"}}
		x.amount = max(x.amount, wan)
		proofs, err := m.proofs(ctx, &dayOfUnit{pays: []due{x}})
		if err != nil {
			return err
		}
		var made []pipeline.Funds
		err = m.DB.Write(m.as(ctx, "county 520602", "520602", auth.County), func(ctx context.Context, tx *db.Tx) error {
			made, err = pipeline.ReceiveIn(ctx, tx, []pipeline.Receive{{
				Project: d.id, Amount: x.amount, ReceivedOn: x.day, VoucherKind: x.kind, VoucherNo: x.no,
				Payer: d.lead.name, Payee: d.name, UseOf: "设备预付款", Evidence: proofs.vouchers,
			}})
			return err
		})
		if err != nil {
			return err
		}
		verdict, reason := map[int]verify.Verdict{0: verify.Return, 1: verify.Doubt, 5: verify.Pass, 6: verify.Pass}[i], map[int]string{
			0: "银行进账单户名与投资方不一致，请补付款关系说明。", 1: "万山区对首谈归属有异议，请于 12 月 21 日前说明。",
		}[i]
		if verdict != "" {
			if err := m.decide(m.as(ctx, "city 520600", "520600", auth.City), made[0].Subject(), verdict, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *maker) decide(ctx context.Context, subject string, v verify.Verdict, reason string) error {
	return m.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, _, err := verify.ClaimOf(ctx, tx, subject)
		if err != nil {
			return err
		}
		hash, err := verify.CurrentHash(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		_, err = m.Verify.DecideIn(ctx, tx, []verify.Decision{{Claim: c.ID, Verdict: v, Reason: reason, ContentHash: hash}})
		return err
	})
}

// liveVisits: the last evening's visits of the team of 碧江区 wait for the branch, those of 万山区 for the captain.
func (m *maker) liveVisits(ctx context.Context) error {
	m.at("2020-12-16", 7, 50)
	if _, err := m.lastVisits(ctx, "520602", 100, 7); err != nil {
		return err
	}
	subjects, err := m.lastVisits(ctx, "520603", 130, 5)
	if err != nil {
		return err
	}
	return m.pass(m.as(ctx, "branch 520600", "520600", auth.Branch), subjects)
}

// lastVisits records n visits that a county's team made on the last day.
func (m *maker) lastVisits(ctx context.Context, unit string, firm, n int) (subjects []string, err error) {
	team := shenzhen + "." + unit
	var in []field.Record
	for i := range n {
		in = append(in, m.visit(team, outing{team: team, day: end, firm: m.p.firms[investors+firm+i]}))
	}
	if unit == "520602" { // whose team has taken a building
		m.atDoors(in)
	}
	err = m.DB.Write(m.as(ctx, "officer "+team, unit, auth.Officer), func(ctx context.Context, tx *db.Tx) error {
		made, err := field.RecordVisitsIn(ctx, tx, in)
		for _, v := range made {
			subjects = append(subjects, v.Subject())
		}
		return err
	})
	return subjects, err
}

// liveTours: guests who came yesterday, or come tomorrow; 碧江区 has not said so yet.
func (m *maker) liveTours(ctx context.Context) error {
	m.at("2020-12-16", 8, 0)
	team := shenzhen + ".520602"
	var in []field.Plan
	for i, on := range []string{"2020-12-14", "2020-12-15", "2020-12-17"} {
		in = append(in, field.Plan{Team: team, Company: m.p.firms[investors+120+i].id, Receiver: "520602", Day: on, Heads: int64(3 + i), Level: "general", Host: "碧江区投资促进局"})
	}
	in[2].With = []field.Share{{Team: shenzhen + ".520603", Share: 400_000}}
	var tours []field.Tour
	err := m.DB.Write(m.as(ctx, "officer "+team, "520602", auth.Officer), func(ctx context.Context, tx *db.Tx) (err error) {
		tours, err = field.PlanToursIn(ctx, tx, in)
		return err
	})
	if err != nil {
		return err
	}
	_, err = m.Field.ArrangeTour(m.as(ctx, "county 520602", "520602", auth.County), field.Arrange{
		ID: tours[2].ID, Programme: "09:30 碧江经济开发区标准厂房\n14:00 座谈，介绍用工和用电\n16:00 看配套公寓", Sites: "碧江经济开发区", Leaders: "分管副区长", CostCentre: "招商接待经费",
	})
	return err
}

// twin enters a company a second time, the way it happens: by its short name, without its code.
func (m *maker) twin(ctx context.Context) error {
	m.at("2020-12-16", 8, 10)
	_, err := m.Company.Create(m.as(ctx, "officer "+shenzhen+".520602", shenzhen+".520602", auth.Officer), company.Create{Facts: company.Facts{
		Kind: "enterprise", Name: m.p.firms[investors+100].name + "（深圳总部）", Industry: m.p.firms[investors+100].industry[1:], Region: "440306", Address: "深圳市宝安区", Status: "active",
	}, Source: "名片"})
	return err
}

package demo

import (
	"context"

	"zhudian/internal/verify"
)

// callBack draws some of November's visits by a public number; the province calls the companies back. One visit turns out
// not to have been as told, and the last five still wait for their call.
func (m *maker) callBack(ctx context.Context) error {
	m.at("2020-12-11", 16, 0)
	draw, err := m.Verify.MakeDraw(m.of(ctx, "captain"), verify.NewDraw{
		Title: "11 月走访回访抽查", Route: verify.FieldRoute, From: "2020-11-01", Through: "2020-11-30", Seed: "2020-12-10 收盘 3373.28", Permille: 10,
	})
	if err != nil {
		return err
	}
	m.at("2020-12-14", 10, 0)
	in := m.of(ctx, "province")
	report, err := m.Verify.OpenDraw(in, verify.ByID{ID: draw.ID})
	if err != nil {
		return err
	}
	const waiting = 5
	for i, d := range report.Items[:max(len(report.Items)-waiting, 0)] {
		c := verify.CheckResult{Draw: draw.ID, Claim: d.Claim, Result: "holds"}
		if i == 3 {
			c.Result, c.Note = "wrong", "企业称当天只通了电话，没有见面。"
		}
		if _, err := m.Verify.Check(in, c); err != nil {
			return err
		}
	}
	return nil
}

package demo

import (
	"context"

	"zhudian/internal/directive"
)

// leaders writes down what the leader asked for and where he went: one matter is late, one is due, one waits to be
// closed, one is closed.
func (m *maker) leaders(ctx context.Context) error {
	for _, x := range []struct {
		day, title, text, lead, due string
		with                        []string
		steps                       []directive.Act
		by                          string
	}{
		{"2020-11-18", "签约未开工项目逐个过堂", "对签约满半年未开工的项目逐个说明原因，提出处置意见。", "520600", "2020-12-10", []string{"520602"}, []directive.Act{{Kind: "progress", Progress: 40, Text: "已核对 11 个项目，3 个卡在用地。"}}, "city"},
		{"2020-12-07", "碧江区标准厂房年底交付", "请碧江区倒排工期，年底前交付两万平方米。", "520602", "2020-12-18", nil, []directive.Act{{Kind: "progress", Progress: 70, Text: "主体完工，正在通水通电。"}}, "county"},
		{"2020-12-01", "深圳驻点新一批骨干企业名单", "请深圳驻点梳理百家重点企业，注明对接人和下一步。", shenzhen, "2020-12-31", []string{"520000"}, []directive.Act{{Kind: "progress", Progress: 60, Text: "已梳理 64 家。"}}, "captain"},
		{"2020-11-02", "到位资金回单抽查", "请铜仁市对十月到位资金回单抽查两成，报告结果。", "520600", "2020-12-16", nil, []directive.Act{{Kind: "report", Text: "抽查 38 笔，2 笔补正后相符。"}}, "city"},
		{"2020-09-08", "绿色食品产业链补链方案", "请铜仁市就绿色食品加工提出补链名单。", "520600", "2020-10-15", nil, []directive.Act{{Kind: "report", Text: "方案已印发，列入目标企业 26 家。"}}, "city"},
	} {
		m.at(x.day, 11, 0)
		d, err := m.Directive.Issue(m.of(ctx, "leader"), directive.Issue{Title: x.title, Text: x.text, Lead: x.lead, With: x.with, DueOn: x.due})
		if err != nil {
			return err
		}
		for _, act := range x.steps {
			m.Clock.Set(m.Clock.Now().AddDate(0, 0, 7))
			act.ID = d.ID
			if _, err := m.Directive.Take(m.of(ctx, x.by), act); err != nil {
				return err
			}
		}
		if x.day == "2020-09-08" {
			if _, err := m.Directive.Take(m.of(ctx, "province"), directive.Act{ID: d.ID, Kind: "accept", Text: "同意销号。"}); err != nil {
				return err
			}
		}
	}
	return m.trips(ctx)
}

func (m *maker) trips(ctx context.Context) error {
	for i, x := range []struct{ kind, title, day, until, region, place, outcome, next string }{
		{"trip", "带队赴深圳走访电子信息企业", "2020-06-15", "2020-06-18", "440300", "深圳市南山区", "走访四家企业，两家确定赴黔考察。", "六月底前安排考察"},
		{"meeting", "会见食品加工企业负责人", "2020-09-03", "", "440300", "深圳市福田区", "就原料基地和物流达成共识。", "请铜仁市跟进选址"},
		{"reception", "接待广东企业考察团", "2020-11-12", "2020-11-13", "520600", "铜仁市碧江区", "考察三个园区，一家签订意向。", ""},
		{"trip", "年末回访已落地企业", "2020-12-08", "2020-12-09", "440300", "深圳市宝安区", "听取三家企业诉求，当场交办两件。", "一周内回复企业"},
	} {
		m.at(x.day, 20, 0)
		firms := []string{m.p.firms[investors+i*3].id, m.p.firms[investors+i*3+1].id}
		if _, err := m.Directive.SaveTrip(m.of(ctx, "leader"), directive.NewTrip{
			Kind: x.kind, Title: x.title, Day: x.day, Until: x.until, Region: x.region, Place: x.place, Companies: firms, Outcome: x.outcome, NextStep: x.next,
		}); err != nil {
			return err
		}
	}
	return nil
}

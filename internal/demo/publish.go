package demo

import (
	"context"

	"zhudian/internal/audit"
	"zhudian/internal/bulletin"
	"zhudian/internal/portal"
)

// publish writes, signs and publishes what the portal shows: short news of the year, then the bulletin with the
// figures through the last day. A further brief is left for the leader to sign.
func (m *maker) publish(ctx context.Context) error {
	if u, err := m.dir.Unit("520000"); err == nil {
		m.Portal.Agency = u.Agency
	}
	if err := m.news(ctx); err != nil {
		return err
	}
	m.at(end, 23, 10)
	citation, err := m.Bulletin.AddCitation(m.of(ctx, "editor"), bulletin.Cite{Name: "前三季度 GDP 增速", Value: "3.2%", Source: "省政府新闻发布会公开数据", SourceOn: "2020-10-20"})
	if err != nil {
		return err
	}
	if _, err := m.Bulletin.CheckCitation(m.of(ctx, "assessor"), bulletin.CitationID{ID: citation.ID}); err != nil {
		return err
	}
	for _, d := range []struct {
		template, through, title string
	}{{"brief", cut, "驻点招商工作简报（截至9月）"}, {"press", end, ""}} {
		if m.paper, err = m.issue(ctx, d.template, d.through, d.title, citation.ID); err != nil {
			return err
		}
	}
	if err := m.conference(ctx); err != nil {
		return err
	}
	if err := m.letters(ctx); err != nil {
		return err
	}
	m.at("2020-12-16", 8, 40)
	doc, err := m.draft(ctx, "brief", end, "驻点招商工作简报（12月上半月）", citation.ID)
	if err != nil {
		return err
	}
	_, err = m.Bulletin.Submit(m.of(ctx, "editor"), bulletin.Step{ID: doc.ID, Version: doc.Version})
	return err
}

// of makes the holder of a demo account act.
func (m *maker) of(ctx context.Context, login string) context.Context {
	return audit.With(ctx, m.accts[login])
}

func (m *maker) draft(ctx context.Context, template, through, title, citation string) (bulletin.Document, error) {
	t, err := bulletin.TemplateNamed(template)
	if err != nil {
		return bulletin.Document{}, err
	}
	if title == "" {
		title = t.Title
	}
	for i := range t.Slots {
		if t.Slots[i].Citation != "" {
			t.Slots[i].Citation = citation
		}
	}
	return m.Bulletin.Draft(m.of(ctx, "editor"), bulletin.Compose{Title: title, Kind: t.Kind, Station: shenzhen, Through: through, Body: t.Body, Slots: t.Slots})
}

// issue takes a document from draft to the public: the editor writes, the leader signs, the editor publishes.
func (m *maker) issue(ctx context.Context, template, through, title, citation string) (string, error) {
	d, err := m.signed(ctx, template, through, title, citation)
	if err != nil {
		return "", err
	}
	a, err := m.Portal.Prepare(m.of(ctx, "editor"), portal.Write{Document: d.ID, Channel: "results"})
	if err != nil {
		return "", err
	}
	_, err = m.Portal.Publish(m.of(ctx, "editor"), portal.Step{ID: a.ID, Version: a.Version})
	return d.ID, err
}

// signed takes a document from draft to signature.
func (m *maker) signed(ctx context.Context, template, through, title, citation string) (bulletin.Document, error) {
	d, err := m.draft(ctx, template, through, title, citation)
	if err != nil {
		return d, err
	}
	if d, err = m.Bulletin.Submit(m.of(ctx, "editor"), bulletin.Step{ID: d.ID, Version: d.Version}); err != nil {
		return d, err
	}
	return m.Bulletin.Sign(m.of(ctx, "leader"), bulletin.Step{ID: d.ID, Version: d.Version})
}

// news are texts without figures.
func (m *maker) news(ctx context.Context) error {
	for _, n := range []struct{ day, channel, title, body string }{
		{"2020-09-08", "advantage", "电力：水火互济，供应有余", "全省电源以水电和火电为主，夏丰冬补，工业用电有富余。大工业用户可参加直接交易，专线建设由落地园区协调。"},
		{"2020-09-08", "advantage", "交通：县县通高速，通江达海", "所有县城都通高速公路，高铁连接粤港澳大湾区，货运班列和乌江航道通向沿江沿海。"},
		{"2020-09-09", "advantage", "气候与生态：凉爽、洁净、少灾", "夏季平均气温低，适合数据中心和食品加工；地质稳定，台风和大风少见。"},
		{"2020-09-15", "policy", "标准厂房租金怎么减", "企业租用园区标准厂房，按投资强度和用工人数分档减免租金，由落地县区与企业在合同里写明，按期兑现。"},
		{"2020-09-16", "policy", "用工与培训补助怎么领", "新进员工的岗前培训按人给补助，由企业在投产后向落地县区申报，十五个工作日内答复。"},
		{"2020-09-17", "policy", "企业所得税西部优惠怎么用", "符合目录的企业减按优惠税率缴纳所得税，由企业自行判断、申报享受、留存资料备查，税务部门上门辅导。"},
		{"2020-10-12", "news", "第三批深圳驻点招商工作队出发", "第三批队员完成集中培训后启程，将继续按楼宇和片区走访企业，并与前两批做好交接。"},
		{"2020-11-06", "news", "巩固脱贫攻坚专题招商活动第三场举行", "活动由驻点工作队会同铜仁市举办，深圳多家企业到场洽谈，现场签订投资合同。"},
		{"2020-12-02", "notice", "“贵人服务”进驻点：企业办事指南", "在驻点即可提出用地、用工、用能等诉求，由落地市县明确专人答复。"},
	} {
		// the clock cannot run back behind entries, but articles carry no entries
		m.at(n.day, 16, 0)
		a, err := m.Portal.Prepare(m.of(ctx, "editor"), portal.Write{Channel: n.channel, Title: n.title, Body: n.body})
		if err != nil {
			return err
		}
		if _, err := m.Portal.Publish(m.of(ctx, "province"), portal.Step{ID: a.ID, Version: a.Version}); err != nil {
			return err
		}
	}
	return m.english(ctx)
}

// english are the texts for readers from abroad.
func (m *maker) english(ctx context.Context) error {
	m.at("2020-12-08", 16, 0)
	for _, n := range []struct{ channel, title, body string }{
		{"advantage", "Power: hydro and coal together, with room to spare", "Hydropower in summer and coal in winter leave industry more than it needs. Large users may trade directly; the park arranges dedicated lines."},
		{"advantage", "Transport: motorways to every county", "High-speed trains reach the Greater Bay Area; freight trains and the Wu river lead to the ports."},
		{"policy", "Rent of standard halls, and how it is reduced", "By investment and jobs, in steps that the county writes into the contract and keeps to."},
		{"news", "The third team leaves for Shenzhen", "It goes on visiting companies building by building, and takes over from the first two."},
		{"notice", "How to raise a request, with or without an account", "Fill in the form under Service; somebody answers first within 24 hours, and the receipt number shows where it stands."},
	} {
		a, err := m.Portal.Prepare(m.of(ctx, "editor"), portal.Write{Channel: n.channel, Title: n.title, Body: n.body, Lang: "en"})
		if err != nil {
			return err
		}
		if _, err := m.Portal.Publish(m.of(ctx, "province"), portal.Step{ID: a.ID, Version: a.Version}); err != nil {
			return err
		}
	}
	return nil
}

// conference is the one at which the results were told: the press text that is public already, and the answers.
func (m *maker) conference(ctx context.Context) error {
	answers, err := m.signed(ctx, "answers", end, "", "")
	if err != nil {
		return err
	}
	c, err := m.Bulletin.Plan(m.of(ctx, "editor"), bulletin.Arrange{
		Title: "深圳驻点招商成果新闻发布会", HeldOn: end, HeldAt: "10:00", Place: "贵阳，省政府新闻发布厅", Speakers: "省投资促进局 负责人\n铜仁市投资促进局 负责人\n驻点工作队 队长",
		Guests: []string{m.p.deals[0].lead.id, m.p.deals[1].lead.id}, Papers: []string{m.paper, answers.ID},
	})
	if err != nil {
		return err
	}
	_, err = m.Portal.PublishPack(m.of(ctx, "editor"), portal.Pack{ID: c.ID, Version: c.Version})
	return err
}

// letters are what the public sent in by the forms: some wait, one was refused.
func (m *maker) letters(ctx context.Context) error {
	for i, x := range []portal.Send{
		{Kind: "plan", Unit: "520602", Letter: portal.Letter{Firm: "深圳岭南连接器科技有限公司", Name: "周女士", Phone: "13900000001", Title: "连接器产线转移", Text: "计划明年把两条连接器产线迁出，需要标准厂房三千平方米、用电一千千伏安，想了解碧江和万山的条件。"}},
		{Kind: "plan", Lang: "en", Letter: portal.Letter{Firm: "Harbour Lighting Ltd", Name: "Ms Lee", Email: "lee@example.com", Title: "Lighting assembly for export", Text: "We look for 5,000 square metres of halls near a rail terminal, with 200 workers within a year."}},
		{Kind: "service", Unit: "520600", Letter: portal.Letter{Firm: "铜仁某食品加工企业", Name: "吴先生", Phone: "13900000002", Title: "冷库用电报装进度", Text: "冷库用电报装已交材料十天，没有收到答复，影响设备安装。"}},
		{Kind: "complaint", Letter: portal.Letter{Title: "兑现通知没有联系人", Text: "收到的补助兑现通知上没有经办人和电话，问了三个窗口都说不清楚。"}},
		{Kind: "service", Letter: portal.Letter{Firm: "某贸易公司", Name: "陈先生", Phone: "13900000003", Title: "出售招商名录", Text: "本公司出售全国企业名录，量大从优。"}},
	} {
		if x.Lang == "" {
			x.Lang = "zh"
		}
		m.at([]string{"2020-12-14", "2020-12-15", "2020-12-14", "2020-12-15", "2020-12-13"}[i], 11, 10*i)
		x.Token, x.Consent = m.Portal.Inbox.NewForm(), true
		m.at([]string{"2020-12-14", "2020-12-15", "2020-12-14", "2020-12-15", "2020-12-13"}[i], 11, 10*i+5)
		item, err := m.Portal.Inbox.Receive(ctx, x, "192.0.2.1")
		if err != nil {
			return err
		}
		if i == 4 {
			if _, err := m.Portal.Inbox.Refuse(m.of(ctx, "service"), portal.Refuse{ID: item.ID, Version: item.Version, Reason: "不属于投资者诉求。"}); err != nil {
				return err
			}
		}
	}
	return nil
}

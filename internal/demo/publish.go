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
		if err := m.issue(ctx, d.template, d.through, d.title, citation.ID); err != nil {
			return err
		}
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
func (m *maker) issue(ctx context.Context, template, through, title, citation string) error {
	d, err := m.draft(ctx, template, through, title, citation)
	if err != nil {
		return err
	}
	if d, err = m.Bulletin.Submit(m.of(ctx, "editor"), bulletin.Step{ID: d.ID, Version: d.Version}); err != nil {
		return err
	}
	if d, err = m.Bulletin.Sign(m.of(ctx, "leader"), bulletin.Step{ID: d.ID, Version: d.Version}); err != nil {
		return err
	}
	a, err := m.Portal.Prepare(m.of(ctx, "editor"), portal.Write{Document: d.ID, Channel: "results"})
	if err != nil {
		return err
	}
	_, err = m.Portal.Publish(m.of(ctx, "editor"), portal.Step{ID: a.ID, Version: a.Version})
	return err
}

// news are texts without figures.
func (m *maker) news(ctx context.Context) error {
	for _, n := range []struct{ day, channel, title, body string }{
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
	return nil
}

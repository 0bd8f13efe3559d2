package demo

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/auth"
	"zhudian/internal/match"
	"zhudian/internal/org"
)

const surveyed = "2020-11-30" // the day to which the data of most sites speak

// centreOf gives the rough centre of a county in degrees.
func centreOf(code string) (lng, lat *float64) {
	for _, line := range strings.Fields(centres) {
		if rest, ok := strings.CutPrefix(line, code+","); ok {
			east, north, _ := strings.Cut(rest, ",")
			x, _ := strconv.Atoi(east)
			y, _ := strconv.Atoi(north)
			fx, fy := float64(x)/100, float64(y)/100
			return &fx, &fy
		}
	}
	return nil, nil
}

// keeper acts for the unit that answers for a site.
func (m *maker) keeper(ctx context.Context, unit string) context.Context {
	if m.people["county "+unit] == "" {
		return m.as(ctx, "province", "520000", auth.Province)
	}
	return m.county(ctx, unit)
}

// places enters the platforms, the parks and the single products with what they offer, and the chains.
func (m *maker) places(ctx context.Context) error {
	m.at("2020-12-01", 10, 0)
	for i, x := range singles {
		if err := m.single(ctx, i, x.code, x.product, x.en); err != nil {
			return err
		}
	}
	n := 0
	for _, u := range m.dir.Units(end) {
		kind := map[org.Kind]string{org.Platform: "platform", org.Park: "park"}[u.Kind]
		if u.Code == "GA00" {
			kind = "platform"
		}
		if kind == "" {
			continue
		}
		if err := m.park(ctx, n, kind, u.Code, u.Name, u.EN); err != nil {
			return err
		}
		n++
	}
	for _, c := range prefectures { // most counties have an estate of their own besides
		for i, code := range m.p.places.counties[c.code] {
			if i%3 != 2 {
				continue
			}
			u, err := m.dir.Unit(code)
			if err != nil {
				return err
			}
			town := n % 5 / 4
			en := u.Title("en") + []string{" Industrial Park", " Industrial Town"}[town]
			if err := m.park(ctx, n, []string{"park", "town"}[town], code, m.p.places.names[code]+[]string{"工业园", "产业小镇"}[town], en); err != nil {
				return err
			}
			n++
		}
	}
	return m.chainMaps(ctx)
}

// leading gives the chains of the n-th park.
func leading(n int) []string {
	return []string{chains[n%10].code, chains[(n*3+7)%10].code}
}

func (m *maker) park(ctx context.Context, n int, kind, unit, name, en string) error {
	place, err := m.dir.Path(unit, end)
	if err != nil {
		return err
	}
	at := place.County
	if at == "" {
		at = place.City[:min(4, len(place.City))] + []string{"02", "81", "21", "01"}[n%4]
	}
	lng, lat := centreOf(at)
	if lng == nil {
		lng, lat = centreOf("520115")
	}
	east, north := *lng+float64(n%5)*0.03-0.06, *lat+float64(n%7)*0.02-0.06
	site, err := m.Match.SaveSite(m.keeper(ctx, unit), match.NewSite{
		Kind: kind, Unit: unit, Name: name, NameEN: en, Lng: &east, Lat: &north, Chains: leading(n), Chemical: n%11 == 4, Published: true,
		Banned: map[bool][]string{true: {"C26 C31"}, false: nil}[n%6 == 1], Summary: m.p.places.names[unit] + "，主导产业两个，标准厂房和配套数据由管委会按月更新。演示数据。",
		SummaryEN: "Two leading industries; the management updates halls, power and the rest every month. Demo data.",
		Source:    "园区管委会报表", AsOf: surveyed,
	})
	if err != nil {
		return fmt.Errorf("site %s: %w", name, err)
	}
	if n%4 == 0 {
		if err := m.picture(m.keeper(ctx, unit), n, site.ID); err != nil {
			return err
		}
	}
	for _, o := range parkOffers(n) {
		o.Site, o.Source = site.ID, "园区管委会报表"
		if o.AsOf == "" {
			o.AsOf = surveyed
		}
		if _, err := m.Match.SaveOffer(m.keeper(ctx, unit), o); err != nil {
			return fmt.Errorf("offer %s of %s: %w", o.Title, name, err)
		}
	}
	return nil
}

// parkOffers are what the n-th park offers. Some parks leave things out, some data is old: so it is.
func parkOffers(n int) []match.NewOffer {
	out := []match.NewOffer{
		{Kind: "hall", Title: itoa(n%4+1) + " 号标准厂房", Hall: int64(2000 + n*731%24_000), Height: int64(500 + n%7*100), Load: int64(800 + n%5*400), Price: int64(600 + n*37%900), Sewage: []string{"domestic", "industrial", "industrial", "heavy"}[n%4]},
		{Kind: "energy", Title: "园区变电站", Power: int64(800 + n*517%12_000), Price: int64(3900 + n*53%1600)},
	}
	if n%3 != 0 {
		out = append(out, match.NewOffer{Kind: "labour", Title: "县域可转移劳动力", Workers: int64(300 + n*211%5000), Price: int64(280_000 + n%9*20_000)})
	}
	if n%4 != 1 {
		out = append(out, match.NewOffer{Kind: "logistics", Title: "到最近货运站", Distance: int64(6 + n*29%140), Price: int64(9_000 + n%11*900)})
	}
	if n%2 == 0 {
		out = append(out, match.NewOffer{Kind: "policy", Title: "厂房租金补助", Reviewed: n%8 != 6, Text: "前两年租金补助，以签约时文件为准。"})
	}
	if n%5 == 2 {
		out = append(out, match.NewOffer{Kind: "hall", Title: "定建厂房", Hall: int64(8000 + n*97%15_000), Height: 900, Load: 2000, FreeFrom: "2021-06-30", Price: int64(800 + n%6*50)})
	}
	if n%5 == 3 {
		out = append(out, match.NewOffer{Kind: "land", Title: "净地", Land: int64(40 + n*17%400), Price: int64(10_000_000 + n%7*1_500_000)})
	}
	if n%9 == 5 {
		out[0].AsOf = "2020-03-31"
	}
	return out
}

// single enters the single product of a county.
func (m *maker) single(ctx context.Context, i int, code, product, en string) error {
	u, err := m.dir.Unit(code)
	if err != nil || !u.On(end) {
		return err
	}
	lng, lat := centreOf(code)
	site, err := m.Match.SaveSite(m.keeper(ctx, code), match.NewSite{
		Kind: "county", Unit: code, Name: u.Title("zh") + " · " + product, NameEN: u.Title("en") + " · " + en, Lng: lng, Lat: lat, Chains: chainsOf(product), Product: product, Published: true,
		SummaryEN: "One county, one product: " + en + ". Growing, processing, packing and cold storage are all open to investors. Demo data.",
		Summary:   "一县一品：" + product + "。种养、加工、包装、冷链都可以谈。演示数据。", Source: "县农业农村局", AsOf: surveyed,
	})
	if err != nil {
		return fmt.Errorf("single product of %s: %w", code, err)
	}
	for _, o := range []match.NewOffer{
		{Kind: "resource", Title: product + "原料", Text: "种养规模按当年统计，原料可订单供应。"},
		{Kind: "labour", Title: "产地务工人员", Workers: int64(200 + i*137%1800), Price: int64(260_000 + i%5*15_000)},
	} {
		o.Site, o.Source, o.AsOf = site.ID, "县农业农村局", surveyed
		if _, err := m.Match.SaveOffer(m.keeper(ctx, code), o); err != nil {
			return err
		}
	}
	return nil
}

// chainMaps draws the ten chains: some nodes have firms that came, some are wanted, some stand empty.
func (m *maker) chainMaps(ctx context.Context) error {
	province := m.as(ctx, "province", "520000", auth.Province)
	for c, x := range chains {
		deals := m.dealsOf(x.code)
		var nodes []string
		for i, n := range x.nodes {
			node, err := m.Match.SaveNode(province, match.NewNode{Chain: x.code, Stream: n[0], Name: n[1], NameEN: n[2], Sort: int64(i * 10), Published: true})
			if err != nil {
				return err
			}
			nodes = append(nodes, node.ID)
			firms := []match.NodeFirm{{Node: node.ID, Company: m.p.firms[investors+300+c*20+i].id, Standing: "target"}}
			if (i+c)%3 != 1 {
				for k := i * 2; k < min(i*2+2, len(deals)); k++ {
					firms = append(firms, match.NodeFirm{Node: node.ID, Company: deals[k].lead.id, Standing: "present", Unit: deals[k].unit})
				}
			}
			for _, f := range firms {
				if _, err := m.Match.PlaceFirm(province, f); err != nil {
					return fmt.Errorf("chain %s: %w", x.code, err)
				}
			}
		}
		if err := m.threeLists(ctx, x.code, nodes, x.nodes, deals); err != nil {
			return fmt.Errorf("lists of %s: %w", x.code, err)
		}
	}
	return nil
}

// dealsOf gives the signed projects of a chain, newest last.
func (m *maker) dealsOf(chain string) (out []*deal) {
	for _, d := range m.p.deals {
		if d.chain == chain && d.id != "" && m.people["county "+d.unit] != "" {
			out = append(out, d)
		}
	}
	return out
}

// threeLists writes what counties build, plan and want of a chain.
func (m *maker) threeLists(ctx context.Context, chain string, ids []string, nodes [][3]string, deals []*deal) error {
	for k := range min(8, len(deals)) {
		d := deals[len(deals)-1-k*3%len(deals)]
		list := []string{"building", "planned"}[k%2]
		if _, err := m.Match.SaveItem(m.county(ctx, d.unit), match.NewItem{Chain: chain, Node: ids[k%len(ids)], List: list, Title: d.name, Project: d.id}); err != nil {
			return err
		}
	}
	units := append([]string{"520602"}, m.p.places.counties["520600"]...)
	for k, n := range nodes {
		unit := units[(k*3+len(chain))%len(units)]
		if there := m.p.places.counties[prefectures[(k+len(chain))%len(prefectures)].code]; k%2 == 0 && len(there) > 0 {
			unit = there[0]
		}
		if m.people["county "+unit] == "" {
			continue
		}
		if _, err := m.Match.SaveItem(m.county(ctx, unit), match.NewItem{Chain: chain, Node: ids[k], List: "wanted", Title: "引进" + n[1] + "企业", Note: "厂房和用电已备"}); err != nil {
			return err
		}
	}
	return nil
}

// chainsOf is the chain of a county's product: all but a few are grown or made from what is grown.
func chainsOf(product string) []string {
	if slices.Contains([]string{"吉他", "打火机", "轴承", "智能终端"}, product) {
		return nil
	}
	return []string{"food"}
}

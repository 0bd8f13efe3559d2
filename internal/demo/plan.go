package demo

import (
	"math/rand/v2"
	"sort"
)

// firm is a company or association to be entered.
type firm struct {
	kind, name, industry, origin, region, address, code string
	capital                                             int64 // fen
	tags                                                []string
	id                                                  string // once entered
}

// deal is a project to be registered, signed and paid for.
type deal struct {
	name       string
	unit, city string
	team       string // "" for work from before the campaign
	lead       *firm
	others     []*firm
	industry   string
	wheel      string
	chain      string
	mode       string
	tag        string
	event      int // index of events, -1 for none
	registered string
	signed     string
	amount     int64 // fen
	nature     string
	payments   []payment
	way
	live bool   // left for the visitor to verify
	id   string // once registered
}

type payment struct {
	day    string
	amount int64 // fen
	no     string
	kind   string
	late   bool // reported after its month had closed
}

// plan is the whole province before anything is entered.
type plan struct {
	rng     *rand.Rand
	names   *namer
	places  places
	firms   []*firm // companies of the Shenzhen side
	halls   []*firm // associations
	eastern []*firm // companies of the Yangtze side
	earlier []*firm // investors of 2019
	deals   []*deal
	live    []*deal // contracts of the last days that nobody has looked at yet
}

// places are the units of the province that projects land in and teams come from.
type places struct {
	counties map[string][]string // by prefecture
	parks    map[string][]string // platforms and parks by prefecture
	names    map[string]string
}

func newPlan(seed uint64, at places) *plan {
	rng := rand.New(rand.NewPCG(seed, 20201215)) //nolint:gosec // the demo must come out the same every time
	p := &plan{rng: rng, names: newNamer(rng), places: at}
	p.makeFirms()
	p.makeDeals()
	p.makeEarlier()
	p.makeYangtze()
	p.makePayments()
	p.makeSteps(seed)
	p.makeLive()
	return p
}

// makeLive plans what 碧江区 filed in the last days and its prefecture has not looked at; the oldest are overdue.
func (p *plan) makeLive() {
	days := []string{"2020-12-07", "2020-12-08", "2020-12-11", "2020-12-12", "2020-12-14", "2020-12-15"}
	for i, amount := range []int64{185, 98, 62, 310, 45, 128} {
		d := &deal{
			unit: "520602", city: "520600", team: shenzhen + ".520602", lead: p.firms[investors+40+i], nature: "introduced", event: -1, live: true,
			amount: amount * 100 * wan, signed: days[i],
		}
		p.describe(d)
		d.registered = text(day(d.signed).AddDate(0, 0, -3))
		p.live = append(p.live, d)
	}
}

const (
	firmCount = 15_000
	hallCount = 1_400
)

func (p *plan) makeFirms() {
	yes, no := true, false
	for i := range firmCount {
		var want *bool
		switch { // the first 612 are the investors: 307 of industry, 305 not
		case i < industrial:
			want = &yes
		case i < investors:
			want = &no
		}
		p.firms = append(p.firms, p.firm(i, want))
	}
	for range hallCount {
		d := pick(p.rng, districts)
		p.halls = append(p.halls, &firm{
			kind: "association", name: p.names.association("深圳"), industry: "S95", origin: "440300", region: d.code,
			address: "深圳市" + d.name + pick(p.rng, streets) + number(p.rng, 300),
		})
	}
	p.name(0, "广东樵宝", "440600", "C15")
	p.name(1, "广州天珀", "440100", "C14")
}

// name gives a planned company the name of a company that the release prints, with nothing it does not say.
func (p *plan) name(i int, name, origin, industry string) {
	f := p.firms[i]
	f.name, f.origin, f.region, f.industry, f.code, f.capital, f.address, f.tags = name, origin, origin, industry, "", 0, "", nil
}

func number(rng *rand.Rand, n int) string {
	return itoa(1+rng.IntN(n)) + "号"
}

func (p *plan) firm(i int, want *bool) *firm {
	weights := make([]int, len(origins))
	for j, o := range origins {
		weights[j] = o.weight
	}
	o := origins[0]
	if i < investors {
		o = origins[weighted(p.rng, weights)]
	}
	name, industry := p.names.company(o.name, want)
	f := &firm{
		kind: "enterprise", name: name, industry: industry, origin: o.code, region: o.code, code: creditCode(o.code, i+1),
		capital: int64(pick(p.rng, []int{50, 100, 200, 300, 500, 500, 800, 1000, 1000, 2000, 3000, 5000, 8000, 12000, 30000})) * wan,
		address: o.name + "市" + pick(p.rng, streets) + number(p.rng, 900),
	}
	if o.code == "440300" {
		d := pick(p.rng, districts)
		f.region, f.address = d.code, "深圳市"+d.name+pick(p.rng, streets)+number(p.rng, 900)
	}
	switch n := p.rng.IntN(100); {
	case n < 10:
		f.tags = []string{"high_tech"}
	case n < 13:
		f.tags = []string{"little_giant"}
	case n < 15:
		f.tags = []string{"listed"}
	}
	return f
}

func weighted(rng *rand.Rand, weights []int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	n := rng.IntN(total)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	return 0
}

// makeDeals plans the 843 projects of the Shenzhen station.
func (p *plan) makeDeals() {
	for _, s := range special {
		for _, amount := range spread(p.rng, s.projects, s.total, .8) {
			d := &deal{amount: amount * wan, tag: s.tag, event: s.event, nature: "introduced"}
			switch {
			case s.event >= 0:
				d.signed = events[s.event].day
			case s.month != "":
				d.signed = dateIn(p.rng, s.month, cut, end)
			default:
				d.signed = dateIn(p.rng, pick(p.rng, []string{"2020-04", "2020-06", "2020-07", "2020-09"}), start, cut)
			}
			p.deals = append(p.deals, d)
		}
	}
	doneCut, sumCut, doneEnd, sumEnd := 0, int64(0), 0, int64(0)
	for _, d := range p.deals {
		if d.signed <= cut {
			doneCut, sumCut = doneCut+1, sumCut+d.amount/wan
		} else {
			doneEnd, sumEnd = doneEnd+1, sumEnd+d.amount/wan
		}
	}
	p.ordinary(signingsCut, projectsCut-doneCut, contractsCut-sumCut, start, cut)
	p.ordinary(signingsEnd, projectsEnd-projectsCut-doneEnd, contractsEnd-contractsCut-sumEnd, "2020-10-01", end)
	sort.SliceStable(p.deals, func(i, j int) bool { return p.deals[i].signed < p.deals[j].signed })
	p.placeDeals()
	p.investDeals()
	for _, d := range p.deals {
		p.describe(d)
	}
}

func (p *plan) ordinary(months []struct {
	month  string
	weight int
}, n int, total int64, from, to string,
) {
	weights := make([]int, len(months))
	for i, m := range months {
		weights[i] = m.weight
	}
	amounts := spread(p.rng, n, total, 1.25)
	at := 0
	for i, k := range share(n, weights) {
		for range k {
			d := &deal{amount: amounts[at] * wan, event: -1, nature: "introduced", signed: dateIn(p.rng, months[i].month, from, to)}
			if p.rng.IntN(20) == 0 {
				d.nature = pick(p.rng, []string{"upgrade", "expansion"})
			}
			p.deals = append(p.deals, d)
			at++
		}
	}
}

// placeDeals lands the projects in counties, parks and platforms by the prefectures' shares.
func (p *plan) placeDeals() {
	var cities []string
	for _, c := range prefectures {
		for range c.projects {
			cities = append(cities, c.code)
		}
	}
	cities = shuffled(p.rng, cities)
	for i, d := range p.deals {
		p.land(d, cities[i])
		d.team = shenzhen + "." + p.sender(d.unit, d.city)
	}
}

func (p *plan) land(d *deal, city string) {
	d.city = city
	counties, parks := p.places.counties[city], p.places.parks[city]
	switch {
	case len(counties) == 0 && (len(parks) == 0 || p.rng.IntN(2) == 0):
		d.unit = city
	case len(counties) == 0 || (len(parks) > 0 && p.rng.IntN(5) == 0):
		d.unit = pick(p.rng, parks)
	default:
		d.unit = pick(p.rng, counties)
	}
}

// sender is the unit whose team brought a project: the county itself when it has a team, else its prefecture.
func (p *plan) sender(unit, city string) string {
	for _, c := range p.places.counties[city] {
		if c == unit {
			return unit
		}
	}
	return city
}

// investDeals gives each of the 612 investors a project to lead, then lets some of them lead more, or join.
func (p *plan) investDeals() {
	leads := shuffled(p.rng, p.firms[2:investors])
	food, rest := []*deal{}, []*deal{}
	for _, d := range p.deals {
		if d.tag == "green-food" {
			food = append(food, d)
		} else {
			rest = append(rest, d)
		}
	}
	food[0].lead, food[len(food)-1].lead = p.firms[0], p.firms[1]
	open := append(append([]*deal{}, food[1:len(food)-1]...), shuffled(p.rng, rest)...)
	for i, d := range open {
		if i < len(leads) {
			d.lead = leads[i]
			continue
		}
		d.lead = pick(p.rng, leads)
		if p.rng.IntN(6) == 0 {
			if other := pick(p.rng, leads); other != d.lead {
				d.others = append(d.others, other)
			}
		}
	}
}

var products = []string{
	"智能终端结构件", "连接器", "精密模具", "锂电池材料", "新型显示盖板", "彩盒包装", "LED 封装", "酸汤调味品", "刺梨深加工", "茶叶精制", "辣椒制品", "服装加工", "家具制造",
	"装配式建材", "数据中心", "呼叫中心", "仓储物流", "文旅综合体", "康养基地", "中药材加工", "食用菌基地", "标准化养殖", "冷链中心", "电子商务园", "磷化工新材料", "铝精深加工", "箱包制造", "乐器制造", "打火机组装", "轴承",
}

// describe gives a project its name, industry and the lists it belongs to.
func (p *plan) describe(d *deal) {
	d.industry = d.lead.industry
	d.wheel, d.chain = classify(d.industry, p.rng)
	product := pick(p.rng, products)
	if d.tag == "green-food" {
		product, d.industry, d.wheel, d.chain = pick(p.rng, []string{"绿色食品深加工", "农产品精深加工", "特色食品生产"}), "C14", "farming", "food"
	}
	d.name = p.names.fresh(func() string {
		return p.places.names[d.unit] + product + pick(p.rng, []string{"项目", "生产线", "基地", "产业园", "一期", "二期"}) + pick(p.rng, []string{"", "", "（" + pick(p.rng, brandA) + pick(p.rng, brandB) + "）"})
	})
	d.mode = pick(p.rng, []string{"capital_resource", "market_product", "hq_base", "hq_base", "research_make", ""})
	lead := 4 + p.rng.IntN(25)
	d.registered = text(day(d.signed).AddDate(0, 0, -lead))
	if d.team != "" && d.registered < start {
		d.registered = start
	}
	if d.signed > cut && d.registered <= cut { // both accounts count as many registered as signed
		d.registered = "2020-10-0" + itoa(1+p.rng.IntN(8))
	}
	d.registered = min(d.registered, d.signed)
}

func classify(industry string, rng *rand.Rand) (wheel, chain string) {
	switch industry[0] {
	case 'A':
		return "farming", ""
	case 'R', 'H':
		return "tourism", ""
	case 'E', 'K', 'F', 'J', 'P':
		return "urban", ""
	}
	switch industry {
	case "C13", "C14", "C15":
		return "industry", "food"
	case "C27":
		return "industry", "health"
	case "C39", "I65":
		return "industry", "data"
	case "C34", "C35", "C36", "C38":
		return "industry", "equipment"
	case "C30":
		return "industry", "building"
	case "C33", "C29":
		return "industry", "materials"
	}
	return "industry", pick(rng, []string{"", "equipment", "materials"})
}

// makeEarlier plans the contracts of 2019 against which the growth of 2020 is measured.
func (p *plan) makeEarlier() {
	var rose int64
	for _, d := range p.deals {
		if d.signed >= "2020-03-01" && d.signed <= "2020-08-31" && inPearlDelta(d.lead.origin) {
			rose += d.amount / wan
		}
	}
	base := (rose*1000 + (growthPermille+1000)/2) / (growthPermille + 1000)
	for i := range 90 {
		p.earlier = append(p.earlier, p.firm(firmCount+i, nil))
		p.earlier[i].origin, p.earlier[i].region = "440300", pick(p.rng, districts).code
	}
	months := []string{"2019-03", "2019-04", "2019-05", "2019-06", "2019-07", "2019-08"}
	for i, amount := range spread(p.rng, 120, base, 1.1) {
		d := &deal{amount: amount * wan, event: -1, nature: "introduced", signed: dateIn(p.rng, months[i%6], "2019-03-01", "2019-08-31"), lead: pick(p.rng, p.earlier)}
		p.land(d, pick(p.rng, prefectures).code)
		p.describe(d)
		d.registered = max(d.registered, "2019-03-01")
		p.deals = append(p.deals, d)
	}
}

// yangtzeDeals is the second station's number of projects.
const yangtzeDeals = 26

func (p *plan) makeYangtze() {
	cities := []struct{ name, code string }{{"上海", "310000"}, {"苏州", "320500"}, {"杭州", "330100"}, {"宁波", "330200"}}
	for i := range 900 {
		c := pick(p.rng, cities)
		name, industry := p.names.company(c.name, nil)
		p.eastern = append(p.eastern, &firm{
			kind: "enterprise", name: name, industry: industry, origin: c.code, region: c.code, code: creditCode(c.code, firmCount+200+i),
			capital: int64(pick(p.rng, []int{200, 500, 1000, 3000, 6000})) * wan, address: c.name + "市" + pick(p.rng, streets) + number(p.rng, 500),
		})
	}
	for i, amount := range spread(p.rng, yangtzeDeals, 620_000, 1) {
		month := pick(p.rng, []string{"2020-06", "2020-07", "2020-08", "2020-09", "2020-10", "2020-11"})
		d := &deal{amount: amount * wan, event: -1, nature: "introduced", signed: dateIn(p.rng, month, "2020-06-01", end), lead: p.eastern[i]}
		p.land(d, pick(p.rng, []string{"520100", "520300", "520600", "522700"}))
		d.team = yangtze + "." + d.city
		p.describe(d)
		d.registered = max(d.registered, "2020-05-06")
		p.deals = append(p.deals, d)
	}
}

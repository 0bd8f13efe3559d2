package apptest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"image"
	"image/png"
	"strconv"
	"strings"
	"time"

	"zhudian/internal/assess"
	"zhudian/internal/bulletin"
	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/directive"
	"zhudian/internal/field"
	"zhudian/internal/field/offline"
	"zhudian/internal/pipeline"
	"zhudian/internal/portal"
	"zhudian/internal/ticket"
	"zhudian/internal/verify"
)

// Look has the rules see everything that was filed.
func (w *World) Look() {
	for n := 1; n > 0; {
		var err error
		n, err = w.Verify.LookOver(context.Background())
		w.must(err)
	}
}

// Live adds what the world needs for every page to have something to show: money with its voucher, an event, a
// deployment, a contact, an import, figures that are recognised, documents in each state, articles and an assessment.
// New kinds in ID: party, gathering (its meeting), leave (approved), asked (leave that waits), building, door, quiet, lease, errand, report, large (a lead with a brief), vouch (the code of a link), vouched (a visit), referral, held, closed (tours), run, funds, event, contact, import, evidence,
// draft, submitted, signed, article, withdrawn, news, pending (an article to publish), inbox, taken, conference, meeting,
// ruling, handover, draw, waiting (on a phone's company), paused (a project), promise, dispute, split, returned (a claim); code is the trace code of
// the signed document.
func (w *World) Live() {
	w.T.Helper()
	w.fieldWork()
	w.money()
	w.stages()
	w.branch()
	w.Recognise("visit/"+w.ID["visit"], "branch", "captain")
	w.Recognise("contract/"+w.ID["project"], "city", "province")
	job, err := w.Company.Upload(w.As("captain"), "companies.csv", strings.NewReader("企业名称,统一社会信用代码,行业,注册资本（万元）\n深圳市导入电子有限公司,91310000MA0000015F,39,500\n,坏代码,39,x\n"))
	w.must(err)
	_, err = w.Company.RunOneImport(context.Background())
	w.must(err)
	w.ID["import"] = job.ID
	w.documents()
	w.service()
	w.letters()
	w.assessed()
	w.pictures()
	w.Look()
	draw, err := w.Verify.MakeDraw(w.As("province"), verify.NewDraw{Title: "四季度抽查", Route: verify.ProjectRoute, From: "2020-01-01", Through: "2020-12-15", Seed: "上证指数 3367.23", Permille: 1000})
	w.must(err)
	w.ID["draw"] = draw.ID
	w.disputed()
	w.shared()
	w.returned()
	w.alike()
}

// assessed makes an assessment of the counties that is open to appeals.
func (w *World) assessed() {
	r, err := w.Assess.Assess(w.As("assessor"), assess.Start{Scheme: "county", From: "2020-01-01", Through: "2020-12-15"})
	w.must(err)
	r, err = w.Assess.Take(w.As("assessor"), assess.Move{ID: r.ID, Kind: "notice"})
	w.must(err)
	w.ID["run"] = r.ID
	f, err := w.Assess.MakeRuling(w.As("assessor"), assess.NewRuling{Kind: "false_entry", Node: "520602", FoundOn: "2020-11-02", Source: "黔招核〔2020〕7 号", Reason: "一次拜访没有发生。"})
	w.must(err)
	w.ID["ruling"] = f.ID
	_, err = w.Assess.Appeal(w.As("county"), assess.NewAppeal{Run: r.ID, Subject: "520602", Item: "contract", Reason: "合同额少计一笔。"})
	w.must(err)
}

// service puts a trip of the leader and a request of the investor beside what the world has.
func (w *World) service() {
	trip, err := w.Directive.SaveTrip(w.As("leader"), directive.NewTrip{Kind: "trip", Title: "带队赴深圳招商", Day: "2020-12-08", Region: "440300", Companies: []string{w.ID["company"]}})
	w.must(err)
	w.ID["trip"] = trip.ID
	own, err := w.Ticket.File(w.As("investor"), ticket.File{Kind: "energy", Title: "车间用电增容", Text: "变压器容量不够。", Unit: "520602"})
	w.must(err)
	_, err = w.Ticket.Take(w.As("county"), ticket.Act{ID: own.ID, Kind: "resolve", Text: "已增容。"})
	w.must(err)
	w.ID["own"] = own.ID
}

// Letter is a form as somebody sends it in, an hour old when the world's clock moves on.
func Letter(w *World, kind, title string) portal.Send {
	return portal.Send{Kind: kind, Letter: portal.Letter{Firm: "深圳来件科技有限公司", Name: "来件人", Phone: "13900139000", Title: title, Text: "想在碧江建一条产线，" + Canary}, Unit: "520602", Consent: true, Lang: "zh", Token: w.Portal.Inbox.NewForm()}
}

// letters are what the public sent in: one that waits, one that was taken on.
func (w *World) letters() {
	w.T.Helper()
	plan, service := Letter(w, "plan", "产线落地"), Letter(w, "service", "用电增容")
	w.Clock.Set(w.Clock.Now().Add(time.Minute))
	for _, x := range []struct {
		kind string
		in   portal.Send
	}{{"inbox", plan}, {"taken", service}} {
		i, err := w.Portal.Inbox.Receive(context.Background(), x.in, "192.0.2.1")
		w.must(err)
		w.ID[x.kind] = i.ID
	}
	_, err := w.Portal.Inbox.Accept(w.As("service"), portal.Accept{ID: w.ID["taken"], Kind: "energy"})
	w.must(err)
}

// sweep puts a building of Shenzhen with two doors beside what the world has, held by 碧江: one door is met, one refused.
func (w *World) sweep() {
	b, err := w.Field.SaveBuilding(w.As("captain"), field.NewBuilding{District: "440304", Block: "车公庙", Name: "测试大厦", Kind: "tower", Floors: 12, Lng: degree(114.02), Lat: degree(22.53)})
	w.must(err)
	w.ID["building"] = b.ID
	for i, room := range []string{"1201", "1202"} {
		d, err := w.Field.SaveDoor(w.As("officer"), field.NewDoor{Building: b.ID, Floor: 12, Room: room, Occupant: "测试单位" + room})
		w.must(err)
		w.ID[[]string{"door", "quiet"}[i]] = d.ID
	}
	l, err := w.Field.TakeBuilding(w.As("officer"), field.NewLease{Building: b.ID, Team: "shenzhen.520602"})
	w.must(err)
	w.ID["lease"] = l.ID
	for kind, state := range map[string]string{"door": "met", "quiet": "refused"} {
		_, err := w.Field.RecordKnock(w.As("officer"), field.NewKnock{Door: w.ID[kind], State: state, Note: Canary})
		w.must(err)
	}
}

// plan puts a line into the week of 碧江 for the world's company.
func (w *World) plan() {
	e, err := w.Field.PlanErrand(w.As("officer"), field.NewErrand{Team: "shenzhen.520602", Company: w.ID["company"], Day: "2020-12-17", Purpose: Canary})
	w.must(err)
	w.ID["errand"] = e.ID
}

// report is the week before of 碧江, handed in.
func (w *World) report() {
	r, err := w.Field.WriteReport(w.As("officer"), field.WriteReport{ID: "shenzhen.520602.2020-12-07", Results: Canary, Plans: "去东莞", Hand: true})
	w.must(err)
	w.ID["report"] = r.ID
}

// brief is what the leaders are told of a large lead of 碧江.
func (w *World) brief() {
	l, err := w.Pipeline.RecordLead(w.As("officer"), pipeline.NewLead{Title: "大项目" + Canary, Company: w.ID["company"], Source: "visit", Team: "shenzhen.520602", Industry: "39", Amount: 20_000_000_000, Said: Canary, Needs: pipeline.Needs{Land: 200}})
	w.must(err)
	w.ID["large"] = l.ID
	_, err = w.Pipeline.WriteBrief(w.As("officer"), pipeline.WriteBrief{Kind: "lead", ID: l.ID, Judgement: Canary, Host: "520602", Request: "请省里对接。", Hand: true})
	w.must(err)
}

// referral says that the world's company introduced its twin.
func (w *World) referral() {
	f, err := w.Company.Refer(w.As("officer"), company.NewReferral{From: w.ID["company"], To: w.ID["twin"], Day: "2020-12-15", Subject: "visit/" + w.ID["visit"], Note: Canary})
	w.must(err)
	w.ID["referral"] = f.ID
}

// vouches are the word of two companies: one is asked, one has answered with a correction that waits.
func (w *World) vouches() {
	v, err := w.Field.RecordVisit(w.As("officer"), field.Record{Team: "shenzhen.520602", Company: w.ID["twin"], Day: "2020-12-12", Way: "phone", Said: "电话里说地址变了，" + Canary, Intent: "C"})
	w.must(err)
	w.ID["vouched"] = v.ID
	for id, code := range map[string]*string{w.ID["visit"]: nil, v.ID: new(string)} {
		q, err := w.Field.MakeVouch(w.As("officer"), field.ByID{ID: id})
		w.must(err)
		if code == nil {
			w.ID["vouch"] = q.Code
			continue
		}
		w.must(w.Portal.Inbox.AnswerVisit(context.Background(), portal.VisitAnswer{Code: q.Code, Confirmed: true, NoContact: true, Address: "新地址 " + Canary}, "192.0.2.2"))
	}
	_, err = w.Portal.Inbox.TakeAnswers(context.Background())
	w.must(err)
}

// tours are one that came, whose reception is planned and whose sheet is still to be filled in, and one that is closed.
func (w *World) tours() {
	for i, kind := range []string{"held", "closed"} {
		in := field.Plan{Team: "shenzhen.520602", Company: w.ID["company"], Receiver: "520602", Day: []string{"2020-12-13", "2020-12-14"}[i], Heads: 4, With: []field.Share{{Team: "shenzhen.520603", Share: 300_000}}}
		t, err := w.Field.PlanTour(w.As("officer"), in)
		w.must(err)
		w.ID[kind] = t.ID
		_, err = w.Field.ArrangeTour(w.As("county"), field.Arrange{ID: t.ID, Programme: "09:00 看厂房 " + Canary, Sites: "碧江经开区"})
		w.must(err)
		_, err = w.Field.ConfirmTour(w.As("county"), field.Confirmation{Tour: t.ID, Came: true, Outcome: "愿意再谈"})
		w.must(err)
	}
	_, err := w.Field.CloseTour(w.As("county"), field.CloseTour{ID: w.ID["closed"], Version: 1, Sites: "碧江经开区", Outcome: "愿意再谈", NextStep: "报价"})
	w.must(err)
}

func degree(v float64) *float64 { return &v }

func (w *World) fieldWork() {
	w.sweep()
	w.plan()
	w.report()
	w.brief()
	w.tours()
	twin, err := w.Company.Create(w.As("officer"), company.Create{Facts: company.Facts{Kind: "enterprise", Name: "深圳市测试精密技术有限公司", Industry: "39", Region: "440305"}})
	w.must(err)
	w.ID["twin"] = twin.ID
	w.vouches()
	w.referral()
	event, err := w.Field.HoldEvent(w.As("county"), field.Hold{Unit: "520602", Name: "碧江专题推介会", Kind: "promotion", Day: "2020-12-11", Place: "深圳"})
	w.must(err)
	w.ID["event"] = event.ID
	w.posted()
	contact, err := w.Company.AddContact(w.As("officer"), company.AddContact{Company: w.ID["company"], Node: "shenzhen.520602", Person: company.Person{Name: "测试联系人", Phone: "13800138000"}, Basis: "card"})
	w.must(err)
	w.ID["contact"] = contact.ID
	w.held()
}

// alike are two records that may be one, compared.
func (w *World) alike() {
	for _, f := range []company.Facts{{Name: "深圳市重名包装有限公司", Address: "深圳市宝安区1号"}, {Name: "重名包装（深圳）有限责任公司", Address: "深圳市南山区2号"}} {
		_, err := w.Company.Create(w.As("officer"), company.Create{Facts: f})
		w.must(err)
	}
	_, err := w.Company.ComparePairs(context.Background())
	w.must(err)
}

// held is what a phone sent before what it builds on.
func (w *World) held() {
	who, err := w.Auth.ActorFor(context.Background(), "officer", "web")
	w.must(err)
	r := offline.Record{
		ID: "01766b00-0000-7000-8000-00000000feed", Kind: "contact", By: who.Person, After: []string{"01766b00-0000-7000-8000-00000000beef"},
		Body: map[string]any{"company": "01766b00-0000-7000-8000-00000000beef", "name": Canary, "basis": "card"},
	}
	r.Hash, err = offline.Digest(r)
	w.must(err)
	_, err = w.Offline.Sync(w.As("officer"), offline.Batch{Now: db.Micros(time.Now()), Records: []offline.Record{r}})
	w.must(err)
	w.ID["waiting"] = r.ID
}

func (w *World) money() {
	var picture bytes.Buffer
	w.must(png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 30))))
	m, err := w.Files.Put(context.Background(), &picture, "回单.png")
	w.must(err)
	funds, err := w.Pipeline.Receive(w.As("county"), pipeline.Receive{
		Project: w.ID["project"], Amount: 500_000_000, ReceivedOn: "2020-12-14", VoucherKind: "bank_slip", VoucherNo: "1203-7781",
		Evidence: []verify.Evidence{{Blob: m.Digest, Name: m.Name, Type: m.Type.MIME(), Size: m.Size}},
	})
	w.must(err)
	w.ID["funds"] = funds.ID
	w.must(w.DB.Read(System(), func(ctx context.Context, tx *db.Tx) error {
		c, _, err := verify.ClaimOf(ctx, tx, "funds/"+funds.ID)
		if err != nil {
			return err
		}
		w.ID["fundsclaim"] = c.ID
		visit, _, err := verify.ClaimOf(ctx, tx, "visit/"+w.ID["visit"])
		if err != nil {
			return err
		}
		w.ID["visitclaim"] = visit.ID
		w.ID["evidence"], err = db.One[string](ctx, tx, `SELECT id FROM verify_evidence WHERE claim_id = ?`, c.ID)
		return err
	}))
}

// Recognise takes the claim of a subject through its levels.
func (w *World) Recognise(subject string, levels ...string) {
	w.T.Helper()
	w.Look()
	for _, login := range levels {
		var c verify.Claim
		w.must(w.DB.Read(System(), func(ctx context.Context, tx *db.Tx) (err error) {
			c, _, err = verify.ClaimOf(ctx, tx, subject)
			return err
		}))
		d, err := w.Verify.Open(w.As(login), verify.ByID{ID: c.ID})
		w.must(err)
		_, err = w.Verify.Decide(w.As(login), verify.Decision{Claim: c.ID, Verdict: verify.Pass, ContentHash: d.Round.ContentHash})
		w.must(err)
	}
}

// Compose is a document of the editor with two figures of the station.
func Compose(title string) bulletin.Compose {
	return bulletin.Compose{
		Title: title, Kind: "press", Station: "shenzhen", Through: "2020-12-15",
		Body: "# 成果\n\n截至 12 月 15 日，共拜访企业 {{visits}} 家次，合同投资 {{contracts}} 亿元。\n\n| 指标 | 数 |\n| 拜访 | {{visits}} |\n",
		Slots: []bulletin.Slot{
			{Key: "visits", Title: "拜访企业", Question: bulletin.Question{Measure: "visit.enterprise"}},
			{Key: "contracts", Title: "合同投资额", Question: bulletin.Question{Measure: "contract.amount", Show: "yi"}},
		},
	}
}

// Signed drafts, hands in and signs a document.
func (w *World) Signed(title string) bulletin.Document {
	w.T.Helper()
	d, err := w.Bulletin.Draft(w.As("editor"), Compose(title))
	w.must(err)
	d, err = w.Bulletin.Submit(w.As("editor"), bulletin.Step{ID: d.ID, Version: d.Version})
	w.must(err)
	d, err = w.Bulletin.Sign(w.As("leader"), bulletin.Step{ID: d.ID, Version: d.Version})
	w.must(err)
	return d
}

// Published makes an article of a signed document, or of a text, public.
func (w *World) Published(in portal.Write, publisher string) portal.Article {
	w.T.Helper()
	a, err := w.Portal.Prepare(w.As("editor"), in)
	w.must(err)
	a, err = w.Portal.Publish(w.As(publisher), portal.Step{ID: a.ID, Version: a.Version})
	w.must(err)
	return a
}

func (w *World) documents() {
	_, err := w.Bulletin.AddCitation(w.As("editor"), bulletin.Cite{Name: "前三季度 GDP 增速", Value: "3.2%", Source: "公开数据", SourceOn: "2020-10-20"})
	w.must(err)
	d, err := w.Bulletin.Draft(w.As("editor"), Compose("起草中的专报"))
	w.must(err)
	w.ID["draft"] = d.ID
	d, err = w.Bulletin.Draft(w.As("editor"), Compose("待签发的专报"))
	w.must(err)
	_, err = w.Bulletin.Submit(w.As("editor"), bulletin.Step{ID: d.ID, Version: d.Version})
	w.must(err)
	w.ID["submitted"] = d.ID
	d = w.Signed("深圳驻点成果：拜访{{visits}}家次")
	w.ID["signed"], w.ID["code"] = d.ID, d.TraceCode
	w.ID["article"] = w.Published(portal.Write{Document: d.ID, Channel: "results"}, "editor").ID
	w.ID["news"] = w.Published(portal.Write{Channel: "news", Title: "第三批队员出发", Body: "第三批队员完成集中培训后启程。"}, "province").ID
	pending, err := w.Portal.Prepare(w.As("editor"), portal.Write{Channel: "advantage", Title: "电力充足", Body: "水火互济。"})
	w.must(err)
	w.ID["pending"] = pending.ID
	meeting, err := w.Bulletin.Plan(w.As("editor"), bulletin.Arrange{
		Title: "驻点招商新闻发布会", HeldOn: "2020-12-20", HeldAt: "10:00", Place: "贵阳", Speakers: "测试发布人 局长", Guests: []string{w.ID["company"]}, Papers: []string{d.ID},
	})
	w.must(err)
	_, err = w.Portal.PublishPack(w.As("editor"), portal.Pack{ID: meeting.ID})
	w.must(err)
	w.ID["conference"] = meeting.ID
	meeting, err = w.Bulletin.Plan(w.As("editor"), bulletin.Arrange{Title: "下一场发布会", HeldOn: "2020-12-28", Place: "贵阳", Speakers: "测试发布人 局长", Papers: []string{w.ID["submitted"]}})
	w.must(err)
	w.ID["meeting"] = meeting.ID
	gone := w.Published(portal.Write{Channel: "notice", Title: "撤下的通知", Body: "这则通知有误。"}, "province")
	_, err = w.Portal.Withdraw(w.As("editor"), portal.Step{ID: gone.ID, Version: gone.Version, Remark: "日期有误，另行发布。"})
	w.must(err)
	w.ID["withdrawn"] = gone.ID
}

// Proof finds the number that a browser finds for the token of a form.
func Proof(token string) string {
	for n := 0; ; n++ {
		if sum := sha256.Sum256([]byte(token + ":" + strconv.Itoa(n))); sum[0] == 0 && sum[1] == 0 {
			return strconv.Itoa(n)
		}
	}
}

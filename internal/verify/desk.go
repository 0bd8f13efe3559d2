package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"zhudian/internal/blob"
	"zhudian/internal/db"
	"zhudian/internal/ledger"
	"zhudian/internal/web"
)

// kinds are the kinds of claim, in the order of the filter.
var kindOrder = []string{"contract", "funds", "project", "visit", "tour", "event", "deployment", "lead", "stage", "ticket"}

func kindName(ctx context.Context, kind string) string {
	if k := "verify.kind." + kind; web.HasText(k) {
		return web.T(ctx, k)
	}
	return kind
}

// amountOf is the amount of a claim: money in 万元, counts in their unit.
func amountOf(ctx context.Context, c Claim) web.Amount {
	m, err := ledger.MeasureByCode(c.Measure)
	if err != nil {
		return web.Amount{Value: web.Int(c.Delta)}
	}
	if m.Money() {
		return web.Money(ctx, c.Delta, web.Wan)
	}
	return web.Amount{Value: web.Int(c.Delta), Unit: ledger.UnitName(ctx, m.Unit)}
}

func fileIcon(mime string) string {
	switch mime {
	case blob.PDF.MIME():
		return "file-type-pdf"
	case blob.PNG.MIME(), blob.JPEG.MIME():
		return "photo"
	}
	return "paperclip"
}

// tabs are the quick filters of the inbox; each keeps its state in the address.
func (d *desk) tabs(ctx context.Context) []web.Tab {
	plain := d.in
	plain.Claim, plain.File, plain.Read, plain.After, plain.Team, plain.Day = "", "", "", "", "", ""
	waits := plain
	waits.State, waits.Late, waits.Flag, waits.Big = "", false, false, false
	late, flag, big := plain, plain, plain
	late.Late, flag.Flag, big.Big = !plain.Late, !plain.Flag, !plain.Big
	out := []web.Tab{
		{Text: web.T(ctx, "verify.tab.waiting"), N: d.waiting, URL: waits.address(), On: plain.State == "" && !plain.Late && !plain.Flag && !plain.Big},
		{Text: web.T(ctx, "verify.tab.late"), N: d.late, URL: late.address(), On: plain.Late},
		{Text: web.T(ctx, "verify.tab.flag"), URL: flag.address(), On: plain.Flag},
		{Text: web.T(ctx, "verify.tab.big"), URL: big.address(), On: plain.Big},
	}
	return out
}

// states are the other queues of the page.
func stateChoices(ctx context.Context) []web.Choice {
	var out []web.Choice
	for _, v := range []string{"", "mine", "returned", "doubt", "filed", "reviewed", "recognised", "withdrawn", "all"} {
		key := v
		if key == "" {
			key = "waiting"
		}
		out = append(out, web.Choice{Value: v, Text: web.T(ctx, "verify.state."+key)})
	}
	return out
}

func orderChoices(ctx context.Context) []web.Choice {
	return []web.Choice{{Text: web.T(ctx, "verify.order.risk")}, {Value: "due", Text: web.T(ctx, "verify.order.due")}}
}

func kindChoices(ctx context.Context) []web.Choice {
	out := []web.Choice{{Text: web.T(ctx, "verify.all_kinds")}}
	for _, k := range kindOrder {
		out = append(out, web.Choice{Value: k, Text: kindName(ctx, k)})
	}
	return out
}

// item is a claim in the inbox.
func (d *desk) item(ctx context.Context, c Queued) web.InboxProps {
	to := d.in
	to.Claim, to.File, to.Read = c.ID, "", ""
	p := web.InboxProps{
		Kind: kindName(ctx, c.Kind), Name: c.Title, Place: d.rd.place(c.Node), Deadline: web.DueCell(ctx, c.DueOn),
		Amount: amountOf(ctx, c.Claim), URL: to.address(), On: d.open != nil && d.open.Claim.ID == c.ID,
	}
	if c.Findings > 0 {
		p.Findings = web.T(ctx, "verify.n_findings", c.Findings)
	}
	if c.Appealed() {
		p.Findings = web.T(ctx, "verify.appealed")
	}
	if c.Doubt != "" {
		p.Findings = web.T(ctx, "verify.doubted")
	}
	return p
}

// group is the visits of a team and day as one item.
func (d *desk) group(ctx context.Context, g Group) web.InboxProps {
	to := verifyIn{Queue: Queue{Kind: "visit", Team: g.Team, Day: g.Day, Late: d.in.Late, Flag: d.in.Flag}}
	p := web.InboxProps{
		Kind: kindName(ctx, "visit"), Name: d.rd.place(g.Team) + " · " + g.Day, Place: web.T(ctx, "verify.group"),
		Deadline: web.DueCell(ctx, g.DueOn), Amount: web.Amount{Value: web.Int(g.N), Unit: ledger.UnitName(ctx, ledger.Visits)}, URL: to.address(), On: d.open == nil && d.team == g.Team && d.day == g.Day,
	}
	if g.Findings > 0 {
		p.Findings = web.T(ctx, "verify.n_findings", g.Findings)
	}
	return p
}

// head says who filed the claim and when.
func (d *desk) headMeta(ctx context.Context) string {
	c := d.open.Claim
	return strings.Join([]string{
		d.rd.place(c.Node), web.T(ctx, "verify.filed_by", d.rd.person(ctx, d.open.Round.FiledBy), web.Moment(ctx, db.FromMicros(d.open.Round.FiledAt))),
		web.T(ctx, "verify.n_files", len(d.open.Evidence)), roundText(ctx, c),
	}, " · ")
}

func roundText(ctx context.Context, c Claim) string {
	if c.Correcting() {
		return web.T(ctx, "verify.correction", c.Round)
	}
	return web.T(ctx, "verify.round", c.Round)
}

// file is the evidence in view: the one asked for, else the first.
func (d *desk) file() (Evidence, bool) {
	if len(d.open.Evidence) == 0 {
		return Evidence{}, false
	}
	i := slices.IndexFunc(d.open.Evidence, func(e Evidence) bool { return e.ID == d.in.File })
	return d.open.Evidence[max(i, 0)], true
}

func (d *desk) fileTabs() []web.Tab {
	now, _ := d.file()
	var out []web.Tab
	for _, e := range d.open.Evidence {
		to := d.in
		to.Claim, to.File = d.open.Claim.ID, e.ID
		out = append(out, web.Tab{Text: e.Name, URL: to.address(), On: e.ID == now.ID})
	}
	return out
}

// readURL is the same claim with its findings read: the address names the round that was read.
func (d *desk) readURL() string {
	to := d.in
	to.Claim, to.Read = d.open.Claim.ID, d.open.Round.ContentHash[:16]
	return to.address() + "#zd-findings"
}

// verdictProps says what may be decided, and why not.
func (d *desk) verdictProps(ctx context.Context) web.VerdictProps {
	at := d.in
	at.Claim = ""
	p := web.VerdictProps{
		Action: strings.Replace(at.address(), "/verify", "/verify/decide", 1), ID: d.open.Claim.ID, Hash: d.open.Round.ContentHash, Unread: d.unread(),
		Note: web.T(ctx, "verify.binds", len(d.open.Evidence)),
	}
	if !d.open.MayJudge {
		p.Refused = web.T(ctx, "verify.why."+d.open.WhyNot)
	}
	return p
}

// effectLine is what the sum is now and what it becomes.
func (d *desk) effectLine(ctx context.Context) templ.Component {
	e := d.effect
	what := " " + web.T(ctx, "verify.effect."+e.about, d.effectName(), ledger.NameOf(ctx, d.open.Claim.Measure)) + " "
	after := ledger.Show(ctx, ledger.Unit(e.now.Unit), e.after).String()
	return web.Prose(web.BookSeal(string(e.book)), web.Plain(what), web.Fig(ledger.Chip(ctx, e.in, e.now)), web.Plain(" → "), strong(after))
}

// effectText is what follows after this verdict.
func (d *desk) effectText(ctx context.Context) string {
	if d.effect.book == ledger.Reviewed {
		return web.T(ctx, "verify.then_recognised", d.effect.days)
	}
	return web.T(ctx, "verify.then_counts")
}

// silent names the rules that looked at the claim in view and had nothing to say.
func (d *desk) silent(ctx context.Context) []string {
	var out []string
	for _, r := range d.rules {
		said := slices.ContainsFunc(d.open.Findings, func(f Finding) bool { return f.Rule == r.Code })
		if r.on && !said && d.open.Claim.Looked == d.open.Claim.Round && slices.Contains(r.Kinds, d.open.Claim.Kind) {
			out = append(out, r.Code+" "+r.Name.In(web.Lang(ctx)))
		}
	}
	return out
}

func (d *desk) verdictHistory() []Step {
	out := slices.Clone(d.open.Steps)
	slices.Reverse(out)
	return out
}

func verdictIcon(v Verdict) string {
	switch v {
	case Pass:
		return "circle-check"
	case Return:
		return "arrow-back-up"
	case Doubt:
		return "help-circle"
	default:
		return "circle-x"
	}
}

func (d *desk) batchURL() string {
	return strings.Replace(d.in.address(), "/verify", "/verify/batch", 1)
}

// bar is empty unless a claim is open.
func (d *desk) bar(ctx context.Context) templ.Component {
	if d.open == nil {
		return templ.NopComponent
	}
	return web.VerdictBar(d.verdictProps(ctx))
}

// deskBack is where the arrow of a phone leads from an open claim.
func deskBack(d *desk) string {
	if d.open == nil && d.team == "" || d.auto {
		return ""
	}
	to := d.in
	to.Claim, to.File, to.Read = "", "", ""
	if d.open == nil {
		to.Kind, to.Team, to.Day = "", "", ""
	}
	return to.address()
}

func (d *desk) nextURL() string {
	to := d.in
	to.After, to.Claim, to.File, to.Read = d.list.Next, "", "", ""
	return to.address()
}

func (d *desk) rowURL(b batchRow) string {
	to := d.in
	to.Kind, to.Team, to.Day = "visit", d.team, d.day
	to.Claim = b.ID
	return to.address()
}

func (d *desk) recordURL() string {
	return ledger.RecordURL(d.open.Claim.Subject, "", projectOf(d.open.Round.Content))
}

// effectName is what the new sum is of: the project's or the unit's name.
func (d *desk) effectName() string {
	if d.effect.about == "project" {
		return d.rd.name("project", projectOf(d.open.Round.Content))
	}
	return d.rd.dir.UnitName(d.open.Claim.Unit, d.rd.lang)
}

func (f Finding) title(ctx context.Context) string {
	if web.Lang(ctx) == "en" && f.TitleEN != "" {
		return f.TitleEN
	}
	return f.TitleZH
}

func (f Finding) detail(ctx context.Context) string {
	if web.Lang(ctx) == "en" && f.DetailEN != "" {
		return f.DetailEN
	}
	return f.DetailZH
}

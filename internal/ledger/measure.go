// Package ledger keeps what counts: an append-only list of verified facts in three books, from which every
// figure is a sum as of a date. Entries are never changed; a correction is a reversal and a new entry.
package ledger

import "zhudian/internal/fault"

// Unit is what a measure counts in.
type Unit string

// The units. Money is fen, int64, everywhere inside.
const (
	Fen      Unit = "分"
	Visits   Unit = "家次"
	Persons  Unit = "人次"
	Items    Unit = "个"
	Events   Unit = "场"
	Requests Unit = "件"
	Firms    Unit = "家"
	Percent  Unit = "%"
	// SinceYear is no amount but a year: above the same days of every year since.
	SinceYear Unit = "年以来同期最高"
)

// Measure is something the ledger counts.
type Measure struct {
	Code    string      `json:"code"`
	Unit    Unit        `json:"unit"`
	Name    fault.Words `json:"name"`
	Meaning fault.Words `json:"meaning"`
	Version int         `json:"version"`
	Since   string      `json:"since"` // business date from which this version holds
}

// Money reports whether the measure is an amount of money.
func (m Measure) Money() bool { return m.Unit == Fen }

const sinceStart = "2019-01-01"

func measure(code string, unit Unit, zh, en, meaningZH, meaningEN string) Measure {
	return Measure{
		Code: code, Unit: unit, Name: fault.Words{ZH: zh, EN: en},
		Meaning: fault.Words{ZH: meaningZH, EN: meaningEN}, Version: 1, Since: sinceStart,
	}
}

// Measures lists every measure in the order in which they are shown.
var Measures = []Measure{
	measure("deployment", Persons, "驻点干部", "Deployments",
		"一人一次派驻计一人次；同一人参加两批计两次。", "One person on one deployment; a person in two batches counts twice."),
	measure("visit.enterprise", Visits, "拜访企业", "Enterprise visits",
		"上门或来访，一家企业、一天、一个团组计一次，联合拜访只计一次。", "One enterprise, one day, one delegation, on site or received; a joint visit counts once."),
	measure("visit.association", Visits, "拜访商协会", "Association visits",
		"上门或来访，一家商协会、一天、一个团组计一次。", "One association, one day, one delegation, on site or received."),
	measure("tour", Visits, "赴黔考察", "Site tours",
		"企业赴黔实地考察，经接待县确认后计一次。", "A company's inspection tour to Guizhou, counted once the receiving county has confirmed it."),
	measure("lead.qualified", Items, "有效线索", "Qualified leads",
		"研判通过的投资线索。", "Investment leads that passed assessment."),
	measure("project.registered", Items, "纳入调度项目", "Registered projects",
		"纳入平台调度的招商项目，每个项目只计一次。", "Projects registered for scheduling; each counts once."),
	measure("project.signed", Items, "签约项目", "Signed projects",
		"签订正式投资合同的项目；框架协议不计。", "Projects with a formal investment contract; framework agreements do not count."),
	measure("contract.amount", Fen, "合同投资额", "Contracted investment",
		"正式合同约定的投资额，自签约日起计；框架协议不计，增资只计增量。", "Investment agreed in formal contracts, from the day of signing; frameworks do not count, and an increase counts only by its increment."),
	measure("funds.received", Fen, "到位资金", "Funds received",
		"有凭证的到账资金，按凭证业务日期计入。", "Money received against a voucher, on the voucher's business date."),
	measure("project.started", Items, "开工项目", "Started projects",
		"确认开工的项目。", "Projects whose start of works is confirmed."),
	measure("project.produced", Items, "投产项目", "Producing projects",
		"确认投产的项目。", "Projects confirmed to be producing."),
	measure("event.held", Events, "招商活动", "Events held",
		"举办的推介、签约等招商活动。", "Promotion and signing events held."),
	measure("ticket.closed", Requests, "办结诉求", "Requests closed",
		"办结的企业诉求。", "Investors' requests that were closed."),
}

var measureByCode = func() map[string]Measure {
	out := map[string]Measure{}
	for _, m := range Measures {
		out[m.Code] = m
	}
	return out
}()

// MeasureByCode finds a measure. An unknown code is Malformed.
func MeasureByCode(code string) (Measure, error) {
	m, ok := measureByCode[code]
	if !ok {
		return m, fault.New(fault.Malformed, "unknown_measure", "没有“"+code+"”这个度量。", "There is no measure "+code+".")
	}
	return m, nil
}

// Book is one of the three levels at which a fact stands.
type Book string

// The books, in the order in which a fact reaches them: 报, 审, 认.
const (
	Filed      Book = "filed"
	Reviewed   Book = "reviewed"
	Recognised Book = "recognised"
)

// Books lists the three in order.
var Books = []Book{Filed, Reviewed, Recognised}

// Next gives the book after b; Recognised has none.
func (b Book) Next() (Book, bool) {
	switch b {
	case Filed:
		return Reviewed, true
	case Reviewed:
		return Recognised, true
	default:
		return "", false
	}
}

// Valid reports whether b is one of the three.
func (b Book) Valid() bool { return b == Filed || b == Reviewed || b == Recognised }

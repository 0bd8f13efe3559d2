package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"zhudian/internal/fault"
)

// Dims is what a fact is counted by, frozen when it is posted. Empty means "none".
type Dims struct {
	Province      string `db:"province" json:"province,omitempty"`
	City          string `db:"city" json:"city,omitempty"`     // prefecture-level unit
	County        string `db:"county" json:"county,omitempty"` // county-level unit
	Unit          string `db:"unit_id" json:"unit"`            // the unit itself: landing county or park, or sending unit
	Team          string `db:"team_id" json:"team,omitempty"`
	Station       string `db:"station_id" json:"station,omitempty"`
	Batch         string `db:"batch_id" json:"batch,omitempty"`
	Company       string `db:"company_id" json:"company,omitempty"`
	Project       string `db:"project_id" json:"project,omitempty"`
	Event         string `db:"event_id" json:"event,omitempty"`
	Industry      string `db:"industry" json:"industry,omitempty"` // GB/T 4754 with its section letter, e.g. C39
	Wheel         string `db:"wheel" json:"wheel,omitempty"`       // 四化
	IndustryChain string `db:"industry_chain" json:"chain_of_industry,omitempty"`
	Mode          string `db:"mode" json:"mode,omitempty"`       // cooperation mode
	Origin        string `db:"origin" json:"origin,omitempty"`   // region the company comes from, GB/T 2260
	Visited       string `db:"visited" json:"visited,omitempty"` // region where it was visited
	Pairing       string `db:"pairing" json:"pairing,omitempty"` // east–west pairing in force on the day
	Tags          string `db:"tags" json:"tags,omitempty"`       // standing tags, "|a|b|"
}

// Share is a part of the credit for a fact; the shares of a fact sum to 1,000,000.
type Share struct {
	City    string `json:"city,omitempty"`
	County  string `json:"county,omitempty"`
	Unit    string `json:"unit"`
	Team    string `json:"team,omitempty"`
	Station string `json:"station,omitempty"`
	PPM     int64  `json:"share"`
}

// Whole is one, in the millionths in which shares are counted.
const Whole = 1_000_000

// Party is an investor of a project, with its industry on the day of posting.
type Party struct {
	Company  string `json:"company"`
	Industry string `json:"industry,omitempty"`
}

// Fact is something that happened and counts. Delta is fen for money, else a number of units.
type Fact struct {
	Measure    string  `json:"measure"`
	Delta      int64   `json:"delta"`
	OccurredOn string  `json:"occurred_on"`
	Dims       Dims    `json:"dims"`
	Parties    []Party `json:"parties,omitempty"`
	Shares     []Share `json:"shares,omitempty"` // empty: all to the fact's own unit and team
}

// Entry is one immutable line of the ledger.
type Entry struct {
	ID         string `db:"id" json:"id"`
	Form       int64  `db:"form" json:"form"` // version of the canonical form that is hashed
	Chain      string `db:"chain" json:"ledger_chain"`
	Seq        int64  `db:"seq" json:"seq"`
	Measure    string `db:"measure" json:"measure"`
	Book       Book   `db:"book" json:"book"`
	Delta      int64  `db:"delta" json:"delta"`
	OccurredOn string `db:"occurred_on" json:"occurred_on"`
	Period     string `db:"period" json:"period"` // month it is booked in
	RecordedAt int64  `db:"recorded_at" json:"recorded_at"`
	Dims
	Claim    string `db:"claim_id" json:"claim"`
	Round    int64  `db:"round" json:"round"`
	Reason   string `db:"reason" json:"reason,omitempty"`
	Reverses string `db:"reverses" json:"reverses,omitempty"` // id of the entry this one takes back
	Prev     string `db:"prev" json:"prev"`
	Hash     string `db:"hash" json:"hash"`
}

const entryColumns = `id, form, chain, seq, measure, book, delta, occurred_on, period, recorded_at,
	province, city, county, unit_id, team_id, station_id, batch_id, company_id, project_id, event_id,
	industry, wheel, industry_chain, mode, origin, visited, pairing, tags,
	claim_id, round, reason, reverses, prev, hash`

// Credit is one holder's part of an entry: fen for money, millionths of one for counts.
type Credit struct {
	Entry   string `db:"entry_id" json:"entry"`
	Line    int64  `db:"line" json:"line"`
	City    string `db:"city" json:"city,omitempty"`
	County  string `db:"county" json:"county,omitempty"`
	Unit    string `db:"unit_id" json:"unit"`
	Team    string `db:"team_id" json:"team,omitempty"`
	Station string `db:"station_id" json:"station,omitempty"`
	Share   int64  `db:"share" json:"share"`
	Delta   int64  `db:"delta" json:"delta"`
}

type partyRow struct {
	Entry    string `db:"entry_id"`
	Company  string `db:"company_id"`
	Industry string `db:"industry"`
}

// draft is an entry on its way in, with what hangs on it.
type draft struct {
	Entry
	credits []Credit
	parties []partyRow
}

// canonical is version 1 of the text that is hashed: one value a line, in this order, no line break inside a value.
// An outside verifier needs nothing but this list and SHA-256.
func (d *draft) canonical() string {
	credits := make([]string, len(d.credits))
	for i, c := range d.credits {
		credits[i] = strings.Join([]string{c.City, c.County, c.Unit, c.Team, c.Station, strconv.FormatInt(c.Share, 10), strconv.FormatInt(c.Delta, 10)}, "|")
	}
	parties := make([]string, len(d.parties))
	for i, p := range d.parties {
		parties[i] = p.Company + "|" + p.Industry
	}
	e := &d.Entry
	return strings.Join([]string{
		"zhudian entry 1", e.Chain, strconv.FormatInt(e.Seq, 10), e.Prev, e.ID, e.Measure, string(e.Book),
		strconv.FormatInt(e.Delta, 10), e.OccurredOn, e.Period, strconv.FormatInt(e.RecordedAt, 10),
		e.Province, e.City, e.County, e.Unit, e.Team, e.Station, e.Batch, e.Company, e.Project, e.Event,
		e.Industry, e.Wheel, e.IndustryChain, e.Mode, e.Origin, e.Visited, e.Pairing, e.Tags,
		e.Claim, strconv.FormatInt(e.Round, 10), e.Reason, e.Reverses,
		strings.Join(credits, ";"), strings.Join(parties, ";"),
	}, "\n")
}

func (d *draft) digest() string {
	sum := sha256.Sum256([]byte(d.canonical()))
	return hex.EncodeToString(sum[:])
}

// check refuses what could not be hashed or counted. The features have already spoken to the person in detail.
func (f Fact) check() error {
	m, err := MeasureByCode(f.Measure)
	if err != nil {
		return err
	}
	var c fault.Checks
	if f.Delta == 0 || f.Delta > maxDelta || f.Delta < -maxDelta {
		c.Add("delta", "out_of_range", m.Name.ZH+"的数量为零或过大。", m.Name.EN+" is zero or too large.")
	}
	if f.Dims.Unit == "" || f.Dims.Province == "" {
		c.Add("unit", "required", "缺少所属单位。", "The unit is missing.")
	}
	return c.Err()
}

// maxDelta keeps every sum of a realistic ledger inside int64, and inside what JSON numbers hold exactly.
const maxDelta = 9_007_199_254_740_991

// split turns shares into credit lines that sum to delta exactly: fen by largest remainder, counts in millionths.
func split(m Measure, delta int64, d Dims, shares []Share) ([]Credit, error) {
	if len(shares) == 0 {
		shares = []Share{{City: d.City, County: d.County, Unit: d.Unit, Team: d.Team, Station: d.Station, PPM: Whole}}
	}
	var sum int64
	for _, s := range shares {
		sum += s.PPM
		if s.PPM <= 0 || s.PPM > Whole || s.Unit == "" {
			return nil, fault.BadField("shares", "share_range", "每一份须大于 0，且写明单位。", "Each share must be above zero and name its unit.")
		}
	}
	if sum != Whole {
		return nil, fault.BadField("shares", "share_total",
			fmt.Sprintf("份额合计 %s%%，须为 100%%。", percent(sum)), fmt.Sprintf("The shares total %s%%; they must be 100%%.", percent(sum)))
	}
	out := make([]Credit, len(shares))
	for i, s := range shares {
		out[i] = Credit{Line: int64(i), City: s.City, County: s.County, Unit: s.Unit, Team: s.Team, Station: s.Station, Share: s.PPM}
	}
	if !m.Money() {
		for i, s := range shares {
			out[i].Delta = delta * s.PPM
		}
		return out, nil
	}
	for i, part := range largestRemainder(delta, shares) {
		out[i].Delta = part
	}
	return out, nil
}

func percent(ppm int64) string {
	return strconv.FormatFloat(float64(ppm)/1e4, 'f', -1, 64)
}

// largestRemainder splits an amount so that the parts sum to it; ties go to the earlier share.
func largestRemainder(amount int64, shares []Share) []int64 {
	sign := int64(1)
	if amount < 0 {
		sign, amount = -1, -amount
	}
	out := make([]int64, len(shares))
	rest := make([]int64, len(shares))
	order := make([]int, len(shares))
	left := amount
	for i, s := range shares {
		// amount × ppm may pass int64, so the whole millions and the remainder are taken apart
		whole, part := amount/Whole, amount%Whole
		out[i] = whole*s.PPM + part*s.PPM/Whole
		rest[i] = part * s.PPM % Whole
		left -= out[i]
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]] > rest[order[b]] })
	for i := range left {
		out[order[i]]++
	}
	for i := range out {
		out[i] *= sign
	}
	return out
}

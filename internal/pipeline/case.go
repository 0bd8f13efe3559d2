package pipeline

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/verify"
)

// Targets knows what units are to reach.
type Targets interface {
	// YearTarget is the value set for a unit, measure and year; false when none is.
	YearTarget(ctx context.Context, tx *db.Tx, unit, measure, year string) (int64, bool, error)
}

// ContractCases fills in what stands around contracts, for the rules.
func (s *Service) ContractCases(ctx context.Context, tx *db.Tx, list []verify.Claim, into map[string]*verify.Case) error {
	projects, err := byIDs(ctx, tx, subjects(list))
	if err != nil {
		return err
	}
	leads := make([]string, len(projects))
	for i, p := range projects {
		leads[i] = p.Lead
	}
	firms, err := company.Briefs(ctx, tx, leads)
	if err != nil {
		return err
	}
	doors, err := company.Doors(ctx, tx, leads)
	if err != nil {
		return err
	}
	names, err := namesElsewhere(ctx, tx)
	if err != nil {
		return err
	}
	for i, p := range projects {
		x := &verify.ContractCase{Amount: p.Amount, SignedOn: p.SignedOn, Capital: firms[p.Lead].Capital, FoundedOn: doors[p.Lead].FoundedOn, SameDoor: doors[p.Lead].Others, SameName: sameName(names, p)}
		if x.Alike, err = contractsOf(ctx, tx, p); err != nil {
			return err
		}
		into[list[i].ID].Contract = x
	}
	return nil
}

// subjects are the ids that claims are about.
func subjects(list []verify.Claim) []string {
	out := make([]string, len(list))
	for i, c := range list {
		_, out[i], _ = strings.Cut(c.Subject, "/")
	}
	return out
}

// contractsOf gives the other contracts of the project's lead investor.
func contractsOf(ctx context.Context, tx *db.Tx, p Project) ([]verify.AlikeContract, error) {
	type row struct {
		Amount   int64  `db:"amount"`
		SignedOn string `db:"signed_on"`
	}
	rows, err := db.All[row](ctx, tx, `SELECT amount, signed_on FROM pipeline_project WHERE lead_company = ? AND id <> ? AND signed_on <> '' LIMIT 100`, p.Lead, p.ID)
	out := make([]verify.AlikeContract, len(rows))
	for i, r := range rows {
		out[i] = verify.AlikeContract(r)
	}
	return out, err
}

// namesElsewhere gives the names of the projects that stand in the units, by what is left without spelling.
func namesElsewhere(ctx context.Context, tx *db.Tx) (map[string]map[string]int64, error) {
	type row struct {
		Name string `db:"name"`
		Unit string `db:"unit_id"`
	}
	out := map[string]map[string]int64{}
	err := db.Each(ctx, tx, `SELECT name, unit_id FROM pipeline_project`, nil, func(r row) error {
		key := nameKey(r.Name)
		if out[key] == nil {
			out[key] = map[string]int64{}
		}
		out[key][r.Unit]++
		return nil
	})
	return out, err
}

// sameName counts the projects of other units whose name is this one's but for spelling.
func sameName(names map[string]map[string]int64, p Project) (n int64) {
	for unit, count := range names[nameKey(p.Name)] {
		if unit != p.Unit {
			n += count
		}
	}
	return n
}

// nameKey is a project's name without what people spell differently.
func nameKey(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if !strings.ContainsRune(" 　()（）“”\"《》·-—、，,", r) {
			b.WriteRune(r)
		}
	}
	return strings.TrimSuffix(b.String(), "项目")
}

// FundsCases fills in what stands around money received, for the rules.
func (s *Service) FundsCases(ctx context.Context, tx *db.Tx, list []verify.Claim, into map[string]*verify.Case) error {
	rows, err := fundsByID(ctx, tx, subjects(list))
	if err != nil {
		return err
	}
	var ids, numbers []string
	for _, f := range rows {
		ids, numbers = append(ids, f.Project), append(numbers, f.VoucherNo)
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	projects, err := byIDs(ctx, tx, ids)
	if err != nil {
		return err
	}
	of := map[string]Project{}
	for _, p := range projects {
		of[p.ID] = p
	}
	paid, err := paymentsOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	same, err := sameNumbers(ctx, tx, numbers)
	if err != nil {
		return err
	}
	for _, c := range list {
		_, id, _ := strings.Cut(c.Subject, "/")
		f, ok := rows[id]
		if !ok {
			continue
		}
		p := of[f.Project]
		x := &verify.PaymentCase{
			Amount: f.Amount, ReceivedOn: f.ReceivedOn, Payer: f.Payer, Payee: f.Payee, SameNumber: max(same[f.VoucherNo]-1, 0),
			Contract: p.Amount, SignedOn: p.SignedOn,
		}
		addUp(x, f, paid[f.Project])
		if err := s.target(ctx, tx, p, f, x); err != nil {
			return err
		}
		into[c.ID].Payment = x
	}
	return nil
}

// addUp sums the payments of the project up to one.
func addUp(x *verify.PaymentCase, f Funds, paid []Funds) {
	year := yearOf(f.ReceivedOn)
	for _, o := range paid {
		if o.ReceivedOn > f.ReceivedOn || o.ReceivedOn == f.ReceivedOn && o.ID > f.ID {
			continue
		}
		x.Total += o.Amount
		x.Payments++
		x.Amounts = append(x.Amounts, o.Amount)
		if yearOf(o.ReceivedOn) == year {
			x.Year += o.Amount
			if strings.HasPrefix(o.ReceivedOn, year+"-12") {
				x.December += o.Amount
			}
		}
	}
}

func yearOf(date string) string { return date[:min(len(date), 4)] }

// target fills in what the project's unit is to reach in the year of a payment, and what it has with it.
func (s *Service) target(ctx context.Context, tx *db.Tx, p Project, f Funds, x *verify.PaymentCase) error {
	if s.Targets == nil {
		return nil
	}
	year := yearOf(f.ReceivedOn)
	value, set, err := s.Targets.YearTarget(ctx, tx, p.Unit, "funds.received", year)
	if err != nil || !set {
		return err
	}
	x.Target = value
	x.UnitYear, err = db.One[int64](ctx, tx, `SELECT CAST(COALESCE(sum(f.amount), 0) AS BIGINT) FROM pipeline_funds f JOIN pipeline_project p ON p.id = f.project_id
		WHERE p.unit_id = ? AND f.received_on >= ? AND f.received_on <= ? AND (f.received_on, f.id) <= (?, ?)`, p.Unit, year+"-01-01", year+"-12-31", f.ReceivedOn, f.ID)
	return err
}

func fundsByID(ctx context.Context, tx *db.Tx, ids []string) (map[string]Funds, error) {
	out := map[string]Funds{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT `+fundsColumns+` FROM pipeline_funds f WHERE f.id IN `+db.In(len(part)), db.Args(part), func(f Funds) error {
			out[f.ID] = f
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// paymentsOf gives the payments of projects, by project.
func paymentsOf(ctx context.Context, tx *db.Tx, projects []string) (map[string][]Funds, error) {
	out := map[string][]Funds{}
	for part := range slices.Chunk(projects, 500) {
		err := db.Each(ctx, tx, `SELECT `+fundsColumns+` FROM pipeline_funds f WHERE f.project_id IN `+db.In(len(part)), db.Args(part), func(f Funds) error {
			out[f.Project] = append(out[f.Project], f)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sameNumbers counts the payments that name each voucher.
func sameNumbers(ctx context.Context, tx *db.Tx, numbers []string) (map[string]int64, error) {
	type row struct {
		No string `db:"voucher_no"`
		N  int64  `db:"n"`
	}
	out := map[string]int64{}
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(numbers))), 500) {
		err := db.Each(ctx, tx, `SELECT voucher_no, count(*) AS n FROM pipeline_funds WHERE voucher_no IN `+db.In(len(part))+` GROUP BY voucher_no`, db.Args(part), func(r row) error {
			out[r.No] = r.N
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

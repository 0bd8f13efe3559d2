package company

import (
	"context"
	"encoding/json"
	"slices"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/org"
)

// Merge is the input of the use case of that name. Take lists the fields whose value comes from the record
// that goes; of all others the kept record's stands, or, where that is empty, the other's.
type Merge struct {
	Keep     string   `json:"keep" maxLength:"36"`
	KeepSeen int64    `json:"keep_version"`
	Gone     string   `json:"gone" maxLength:"36"`
	GoneSeen int64    `json:"gone_version"`
	Take     []string `json:"take,omitempty" maxItems:"20"`
}

// Merged says what a merge moved.
type Merged struct {
	Record   Record `json:"record"`
	Contacts int64  `json:"contacts"`
	Tags     int64  `json:"tags"`
	Names    int64  `json:"names"`
}

// Merge makes one record of two. Names, standing and contacts move; the gone record stays as a redirect, and
// its name and code keep finding the kept one. Distinct counts of the ledger follow from now on.
// Faults: NotFound; Invalid "same_record", "two_codes"; Conflict "stale".
func (s *Service) Merge(ctx context.Context, in Merge) (out Merged, err error) {
	who, err := audit.Require(ctx, "company.merge")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = merge(ctx, tx, who, in)
		return err
	})
	return out, err
}

func merge(ctx context.Context, tx *db.Tx, who audit.Actor, in Merge) (out Merged, err error) {
	if in.Keep == in.Gone {
		return out, fault.BadField("gone", "same_record", "请选两条不同的记录。", "Choose two different records.")
	}
	keep, gone, err := mergePair(ctx, tx, in)
	if err != nil {
		return out, err
	}
	if keep.CreditCode != "" && gone.CreditCode != "" && keep.CreditCode != gone.CreditCode {
		return out, fault.BadField("credit_code", "two_codes",
			"两条的信用代码不同（"+keep.CreditCode+"、"+gone.CreditCode+"），是两家单位，不能合并。",
			"The credit codes differ ("+keep.CreditCode+", "+gone.CreditCode+"): these are two organisations.")
	}
	before, err := json.Marshal([]Record{keep, gone})
	if err != nil {
		return out, fault.Wrap(err, "keep the records as they were")
	}
	d, err := org.Open(ctx, tx)
	if err != nil {
		return out, err
	}
	facts := blend(keep.Facts, gone.Facts, in.Take)
	r, err := facts.prepare(d, tx.Today())
	if err != nil {
		return out, err
	}
	if err := redirect(ctx, tx, d, gone, keep.ID); err != nil { // first: its code becomes free
		return out, err
	}
	if out.Tags, out.Contacts, out.Names, err = moveParts(ctx, tx, keep, gone); err != nil {
		return out, err
	}
	keepRow(&r, keep)
	tags, err := tagsOf(ctx, tx, keep.ID)
	if err != nil {
		return out, err
	}
	r.TagCodes = joinTags(tags)
	if ok, err := saveCompany(ctx, tx, r, in.KeepSeen); err != nil || !ok {
		return out, orStale(err, keep.Facts, r.Facts)
	}
	if err := saveNames(ctx, tx, r); err != nil {
		return out, err
	}
	if err := insertMerge(ctx, tx, keep.ID, gone.ID, string(before), who.Person); err != nil {
		return out, err
	}
	if err := mergePairs(ctx, tx, keep.Number, gone.Number); err != nil {
		return out, err
	}
	if err := mergeReferrals(ctx, tx, keep.ID, gone.ID); err != nil {
		return out, err
	}
	if err := ledger.SameCompany(ctx, tx, gone.ID, keep.ID); err != nil {
		return out, err
	}
	err = audit.Notes(ctx, tx, []audit.Entry{
		{Action: "company.merge", Object: "company/" + keep.ID, Before: keep.forAudit(), After: r.forAudit()},
		{Action: "company.merged", Object: "company/" + gone.ID, After: map[string]string{"into": keep.ID}},
	})
	if err != nil {
		return out, err
	}
	out.Record, err = get(ctx, tx, keep.ID)
	return out, err
}

func mergePair(ctx context.Context, tx *db.Tx, in Merge) (keep, gone Record, err error) {
	if keep, err = get(ctx, tx, in.Keep); err != nil {
		return keep, gone, err
	}
	if gone, err = get(ctx, tx, in.Gone); err != nil {
		return keep, gone, err
	}
	if keep.Asked != "" || gone.Asked != "" {
		return keep, gone, fault.New(fault.Conflict, "merged", "其中一条已经并入别的记录，请刷新后再看。", "One of the records was merged already; reload.")
	}
	if keep.Version != in.KeepSeen {
		return keep, gone, stale(keep.Facts, Facts{})
	}
	if gone.Version != in.GoneSeen {
		return keep, gone, stale(gone.Facts, Facts{})
	}
	return keep, gone, nil
}

// blend chooses field by field.
func blend(keep, gone Facts, take []string) Facts {
	out := keep
	pick := func(name string, have *string, other string) {
		if other != "" && (*have == "" || slices.Contains(take, name)) {
			*have = other
		}
	}
	pick("kind", &out.Kind, gone.Kind)
	pick("name", &out.Name, gone.Name)
	pick("credit_code", &out.CreditCode, gone.CreditCode)
	pick("industry", &out.Industry, gone.Industry)
	pick("region", &out.Region, gone.Region)
	pick("address", &out.Address, gone.Address)
	pick("status", &out.Status, gone.Status)
	pick("registered_on", &out.RegisteredOn, gone.RegisteredOn)
	pick("reg_type", &out.RegType, gone.RegType)
	pick("business", &out.Business, gone.Business)
	if gone.Capital != nil && (out.Capital == nil || slices.Contains(take, "capital")) {
		out.Capital, out.Currency = gone.Capital, gone.Currency
	}
	names := append(slices.Clone(keep.Former), gone.Former...)
	for _, n := range []string{keep.Name, gone.Name} {
		if n != out.Name {
			names = append(names, n)
		}
	}
	out.Former = uniq(names)
	return out
}

func keepRow(r *row, keep Record) {
	r.ID, r.Number, r.Source, r.Version = keep.ID, keep.Number, keep.Source, keep.Version
	r.CreatedAt, r.CreatedBy = keep.CreatedAt, keep.CreatedBy
}

func orStale(err error, now, mine Facts) error {
	if err != nil {
		return err
	}
	return stale(now, mine)
}

// redirect turns the gone record into a pointer and takes it out of the search.
func redirect(ctx context.Context, tx *db.Tx, d *org.Directory, gone Record, into string) error {
	r := row{Company: gone.Company, NameKey: nameKey(d, gone.Name), NameSort: sortKey(gone.Name), Ident: identOf(gone.Name, gone.Address)}
	r.MergedInto = into
	if ok, err := saveCompany(ctx, tx, r, gone.Version); err != nil || !ok {
		return orStale(err, gone.Facts, gone.Facts)
	}
	if err := dropMarks(ctx, tx, gone.Number); err != nil {
		return err
	}
	return dropSearch(ctx, tx, gone.Number)
}

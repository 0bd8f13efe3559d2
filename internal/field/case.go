package field

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhudian/internal/company"
	"zhudian/internal/db"
	"zhudian/internal/verify"
)

// textsBack is how many days back an officer's other texts are compared, and textsMost how many of them.
const (
	textsBack = 30
	textsMost = 20
	firstSpan = 60 // days around a visit in which others' visits of the company matter
)

// VisitCases fills in what stands around visits, for the rules.
func (s *Service) VisitCases(ctx context.Context, tx *db.Tx, list []verify.Claim, into map[string]*verify.Case) error {
	claimOf := map[string]string{}
	var ids []string
	for _, c := range list {
		if _, id, ok := strings.Cut(c.Subject, "/"); ok {
			claimOf[id], ids = c.ID, append(ids, id)
		}
	}
	visits, err := visitsByID(ctx, tx, ids)
	if err != nil {
		return err
	}
	var contacts []string
	for _, v := range visits {
		if v.Contact != "" {
			contacts = append(contacts, v.Contact)
		}
	}
	phones, err := company.PhoneShares(ctx, tx, contacts)
	if err != nil {
		return err
	}
	stops, err := stopsOf(ctx, tx, visits)
	if err != nil {
		return err
	}
	firsts, err := othersAt(ctx, tx, visits)
	if err != nil {
		return err
	}
	for _, v := range visits {
		x := &verify.VisitCase{
			Day: v.Day, Said: v.Said, Phone: phones[v.Contact], Skew: v.Skew, IsFirst: v.First, Firsts: firsts[v.Company], ByTeamOf: unitOfTeam(v.Team),
		}
		if err := s.officersDay(ctx, tx, v, x); err != nil {
			return err
		}
		if at, ok := stops[v.ID]; ok {
			x.At = &at
			for id, other := range stops {
				if id != v.ID && sameDay(visits, id, v) {
					x.Near = append(x.Near, other)
				}
			}
		}
		into[claimOf[v.ID]].Visit = x
	}
	return nil
}

// unitOfTeam is the unit in a team's id, station.unit.
func unitOfTeam(team string) string {
	_, unit, _ := strings.Cut(team, ".")
	return unit
}

func sameDay(visits []Visit, id string, v Visit) bool {
	i := slices.IndexFunc(visits, func(x Visit) bool { return x.ID == id })
	return i >= 0 && visits[i].Day == v.Day && visits[i].CreatedBy == v.CreatedBy
}

func visitsByID(ctx context.Context, tx *db.Tx, ids []string) ([]Visit, error) {
	var out []Visit
	for part := range slices.Chunk(ids, 500) {
		list, err := db.All[Visit](ctx, tx, `SELECT `+visitColumns+` FROM field_visit v WHERE v.id IN `+db.In(len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// officersDay counts the officer's visits of the day up to this one, and gives what the officer wrote of other
// companies of late.
func (s *Service) officersDay(ctx context.Context, tx *db.Tx, v Visit, x *verify.VisitCase) error {
	var err error
	x.SameDay, err = db.One[int64](ctx, tx, `SELECT count(*) FROM field_visit WHERE created_by = ? AND day = ? AND (created_at, id) <= (?, ?)`, v.CreatedBy, v.Day, v.CreatedAt, v.ID)
	if err != nil || v.Said == "" {
		return err
	}
	day, err := time.Parse(time.DateOnly, v.Day)
	if err != nil {
		return nil //nolint:nilerr // a day that is none was refused before
	}
	x.Texts, err = db.All[string](ctx, tx, `SELECT said FROM field_visit WHERE created_by = ? AND day >= ? AND day <= ? AND company_id <> ? AND (created_at, id) < (?, ?)
		AND said <> '' ORDER BY day DESC, id DESC LIMIT ?`, v.CreatedBy, day.AddDate(0, 0, -textsBack).Format(time.DateOnly), v.Day, v.Company, v.CreatedAt, v.ID, textsMost)
	return err
}

// stopsOf gives where visits were that belong to a door of a building, and when.
func stopsOf(ctx context.Context, tx *db.Tx, visits []Visit) (map[string]verify.Stop, error) {
	from := map[string]string{}
	var ids []string
	for _, v := range visits {
		if v.From != "" {
			from[v.ID], ids = v.From, append(ids, v.ID)
		}
	}
	type row struct {
		Visit string `db:"visit_id"`
		Lng   int64  `db:"lng"`
		Lat   int64  `db:"lat"`
	}
	out := map[string]verify.Stop{}
	for part := range slices.Chunk(ids, 500) {
		err := db.Each(ctx, tx, `SELECT k.visit_id, b.lng, b.lat FROM field_knock k JOIN field_building b ON b.id = k.building_id
			WHERE b.lng <> 0 AND k.visit_id IN `+db.In(len(part)), db.Args(part), func(r row) error {
			if m, ok := minuteOf(from[r.Visit]); ok {
				out[r.Visit] = verify.Stop{Lng: r.Lng, Lat: r.Lat, Minute: m}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// minuteOf reads 14:30 as minutes of the day.
func minuteOf(clock string) (int64, bool) {
	h, m, ok := strings.Cut(clock, ":")
	hours, err := strconv.ParseInt(h, 10, 64)
	minutes, bad := strconv.ParseInt(m, 10, 64)
	return hours*60 + minutes, ok && err == nil && bad == nil
}

// othersAt gives the first visits of the same companies by any team, with its unit.
func othersAt(ctx context.Context, tx *db.Tx, visits []Visit) (map[string][]verify.FirstVisit, error) {
	span := map[string][2]string{}
	var firms []string
	for _, v := range visits {
		day, err := time.Parse(time.DateOnly, v.Day)
		if err != nil || !v.First {
			continue
		}
		firms = append(firms, v.Company)
		span[v.Company] = [2]string{day.AddDate(0, 0, -firstSpan).Format(time.DateOnly), day.AddDate(0, 0, firstSpan).Format(time.DateOnly)}
	}
	type row struct {
		Company string `db:"company_id"`
		Team    string `db:"team_id"`
		Day     string `db:"day"`
	}
	out := map[string][]verify.FirstVisit{}
	for part := range slices.Chunk(firms, 500) {
		err := db.Each(ctx, tx, `SELECT company_id, team_id, min(day) AS day FROM field_visit WHERE company_id IN `+db.In(len(part))+` GROUP BY company_id, team_id`, db.Args(part), func(r row) error {
			if s := span[r.Company]; r.Day >= s[0] && r.Day <= s[1] {
				out[r.Company] = append(out[r.Company], verify.FirstVisit{Unit: unitOfTeam(r.Team), Day: r.Day})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

package field

import (
	"context"
	"slices"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// Building is a house with many doors behind which companies may be: a tower, a park or a market. It is a fact of the
// city, not of a team, so all who sweep see all of them.
type Building struct {
	ID        string  `db:"id" json:"id"`
	City      string  `db:"city" json:"city"`
	District  string  `db:"district" json:"district"`
	Block     string  `db:"block" json:"block,omitempty"`
	Name      string  `db:"name" json:"name"`
	Kind      string  `db:"kind" json:"kind" enum:"tower,park,market"`
	Address   string  `db:"address" json:"address,omitempty"`
	Floors    int64   `db:"floors" json:"floors"`
	LngMicro  int64   `db:"lng" json:"-"`
	LatMicro  int64   `db:"lat" json:"-"`
	Source    string  `db:"source" json:"source,omitempty"`
	Leases    int64   `db:"leases" json:"leases" doc:"how often it was taken"`
	CreatedBy string  `db:"created_by" json:"created_by"`
	CreatedAt int64   `db:"created_at" json:"created_at"`
	Version   int64   `db:"version" json:"version"`
	Lng       float64 `db:"-" json:"lng,omitempty"`
	Lat       float64 `db:"-" json:"lat,omitempty"`
}

const buildingColumns = `b.id, b.city, b.district, b.block, b.name, b.kind, b.address, b.floors, b.lng, b.lat, b.source, b.leases, b.created_by, b.created_at, b.version`

// Subject is how the trail names the building.
func (b Building) Subject() string { return "building/" + b.ID }

func (b Building) shown() Building {
	b.Lng, b.Lat = float64(b.LngMicro)/1e6, float64(b.LatMicro)/1e6
	return b
}

// NewBuilding is what keeping a building needs; without an id it is a new one.
type NewBuilding struct {
	ID       string   `json:"id,omitempty" maxLength:"40" doc:"of the building to change, or made by the client for a new one"`
	Version  int64    `json:"version,omitempty" doc:"as last seen; 0 for a new building"`
	District string   `json:"district" doc:"GB/T 2260 code of the district"`
	Block    string   `json:"block,omitempty" maxLength:"40" doc:"the part of the district people call it by"`
	Name     string   `json:"name" maxLength:"80"`
	Kind     string   `json:"kind" enum:"tower,park,market"`
	Address  string   `json:"address,omitempty" maxLength:"200"`
	Floors   int64    `json:"floors" minimum:"1" maximum:"200"`
	Lng      *float64 `json:"lng,omitempty" doc:"degrees east"`
	Lat      *float64 `json:"lat,omitempty" doc:"degrees north"`
	Source   string   `json:"source,omitempty" maxLength:"120"`
}

var buildingKinds = []string{"tower", "park", "market"}

// SaveBuilding adds a building, or changes the one of that id and version.
// Faults: Invalid, exists (name in the district), not_found, stale, id_reused.
func (s *Service) SaveBuilding(ctx context.Context, in NewBuilding) (out Building, err error) {
	who, err := audit.Require(ctx, "building.edit")
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in.Version == 0 {
			if known, err := posted(ctx, tx, in.ID, bodyHash(in)); err != nil {
				return err
			} else if known {
				out, err = buildingByID(ctx, tx, in.ID)
				return err
			}
		}
		out, err = saveBuilding(ctx, tx, who, in)
		return err
	})
	return out.shown(), err
}

func saveBuilding(ctx context.Context, tx *db.Tx, who audit.Actor, in NewBuilding) (Building, error) {
	dir, err := org.Open(ctx, tx)
	if err != nil {
		return Building{}, err
	}
	b := Building{ID: in.ID, CreatedBy: who.Person, CreatedAt: db.Micros(tx.Now()), Version: 1}
	var old Building
	if in.Version > 0 {
		if old, err = buildingByID(ctx, tx, in.ID); err != nil {
			return b, err
		}
		if old.Version != in.Version {
			return b, staleBuilding()
		}
		b = old
	}
	if b.ID == "" {
		b.ID = tx.ID()
	}
	b.District, b.City, b.Block, b.Name, b.Kind = in.District, dir.RegionAt(in.District, "city"), clean(in.Block), clean(in.Name), in.Kind
	b.Address, b.Floors, b.LngMicro, b.LatMicro, b.Source = clean(in.Address), in.Floors, micro(in.Lng), micro(in.Lat), clean(in.Source)
	if err := b.check(dir, in); err != nil {
		return b, err
	}
	if _, taken, err := db.Maybe[string](ctx, tx, `SELECT id FROM field_building WHERE district = ? AND name = ? AND id <> ?`, b.District, b.Name, b.ID); err != nil {
		return b, err
	} else if taken {
		return b, fault.BadField("name", "exists", "这个区已有同名楼宇。", "The district has a building of that name already.")
	}
	if in.Version == 0 {
		if err := db.Insert(ctx, tx, "field_building", b); err != nil {
			return b, err
		}
		return b, audit.Note(ctx, tx, "building.add", b.Subject(), nil, b.forAudit())
	}
	n, err := db.Exec(ctx, tx, `UPDATE field_building SET city = ?, district = ?, block = ?, name = ?, kind = ?, address = ?, floors = ?, lng = ?, lat = ?, source = ?,
		version = version + 1 WHERE id = ? AND version = ?`, b.City, b.District, b.Block, b.Name, b.Kind, b.Address, b.Floors, b.LngMicro, b.LatMicro, b.Source, b.ID, in.Version)
	if err == nil && n == 0 {
		err = staleBuilding()
	}
	if err != nil {
		return b, err
	}
	b.Version++
	return b, audit.Note(ctx, tx, "building.edit", b.Subject(), old.forAudit(), b.forAudit())
}

func staleBuilding() error {
	return fault.New(fault.Conflict, "stale", "别人刚改过，请刷新后再改。", "Somebody changed this meanwhile; reload and try again.")
}

func (b Building) forAudit() map[string]any {
	return map[string]any{"district": b.District, "block": b.Block, "name": b.Name, "kind": b.Kind, "floors": b.Floors, "address": b.Address}
}

func micro(degrees *float64) int64 {
	if degrees == nil {
		return 0
	}
	return int64(*degrees * 1e6)
}

// The bounds of the country, in degrees.
const west, east, south, north = 73, 136, 3, 54

func (b Building) check(dir *org.Directory, in NewBuilding) error {
	var c fault.Checks
	c.Require("name", b.Name, "楼宇名称", "The name")
	c.AtMost("name", b.Name, 80).AtMost("block", b.Block, 40).AtMost("address", b.Address, 200).AtMost("source", b.Source, 120)
	if r, ok := dir.Region(b.District); !ok || r.Level != "county" || b.City == "" {
		c.Add("district", "unknown_region", "请选择区县，如 440304 福田区。", "Choose a district, e.g. 440304.")
	}
	if !slices.Contains(buildingKinds, b.Kind) {
		c.Add("kind", "unknown", "请选择类型：楼宇、园区或专业市场。", "Choose the kind: tower, park or market.")
	}
	if b.Floors < 1 || b.Floors > 200 {
		c.Add("floors", "out_of_range", "楼层数从 1 到 200。", "From 1 to 200 floors.")
	}
	if (in.Lng != nil || in.Lat != nil) && (b.LngMicro < west*1e6 || b.LngMicro > east*1e6 || b.LatMicro < south*1e6 || b.LatMicro > north*1e6) {
		c.Add("lng", "out_of_range", "坐标不在国境内；先经度后纬度，如 114.02、22.53。", "This place is not in China; longitude first, e.g. 114.02 and 22.53.")
	}
	return c.Err()
}

func buildingByID(ctx context.Context, tx *db.Tx, id string) (Building, error) {
	b, err := db.One[Building](ctx, tx, `SELECT `+buildingColumns+` FROM field_building b WHERE b.id = ?`, id)
	return b, absent(err)
}

// BuildingFilter narrows the list of buildings.
type BuildingFilter struct {
	City     string `json:"city,omitempty" doc:"GB/T 2260 code of a city"`
	District string `json:"district,omitempty" doc:"GB/T 2260 code of a district"`
	Block    string `json:"block,omitempty" maxLength:"40"`
	Kind     string `json:"kind,omitempty" enum:"tower,park,market"`
	Lease    string `json:"lease,omitempty" enum:"mine,free,held" doc:"mine: by a team in one's scope; free: by nobody; held: by anybody"`
	Q        string `json:"q,omitempty" maxLength:"80" doc:"in name or address"`
	db.Page
}

// Swept is a building with how far its doors were swept and who holds it.
type Swept struct {
	Building
	Lease *Lease `json:"lease,omitempty"`
	Tally
}

// Buildings is a part of a list.
type Buildings struct {
	Items []Swept `json:"items"`
	Next  string  `json:"next,omitempty"`
}

// ListBuildings gives buildings by district, block and name, with their leases and how far they were swept in the
// present batch.
func (s *Service) ListBuildings(ctx context.Context, in BuildingFilter) (out Buildings, err error) {
	who, err := audit.Require(ctx, "sweep.read")
	if err != nil {
		return out, err
	}
	out.Items = []Swept{}
	size, err := in.Size()
	if err != nil {
		return out, err
	}
	key, err := in.Keys(4)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		w := in.clauses(who, tx.Today())
		if key != nil {
			w.add("(b.district, b.block, b.name, b.id) > (?, ?, ?, ?)", key[0], key[1], key[2], key[3])
		}
		list, err := db.All[Building](ctx, tx, `SELECT `+buildingColumns+` FROM field_building b WHERE `+w.sql()+` ORDER BY b.district, b.block, b.name, b.id LIMIT ?`, append(w.args, size+1)...)
		if err != nil {
			return err
		}
		if len(list) > size {
			list = list[:size]
			b := list[size-1]
			out.Next = db.Cursor(b.District, b.Block, b.Name, b.ID)
		}
		out.Items, err = swept(ctx, tx, who, list)
		return err
	})
	return out, err
}

func (in BuildingFilter) clauses(who audit.Actor, today string) clauses {
	var w clauses
	w.is("b.city", in.City)
	w.is("b.district", in.District)
	w.is("b.block", in.Block)
	w.is("b.kind", in.Kind)
	if q := strings.TrimSpace(in.Q); q != "" {
		w.add(`(b.name LIKE ? ESCAPE '\' OR b.address LIKE ? ESCAPE '\')`, db.Like(q), db.Like(q))
	}
	const held = `EXISTS (SELECT 1 FROM field_lease l WHERE l.building_id = b.id AND l.until_day >= ?)`
	switch in.Lease {
	case "mine":
		w.add(`b.id IN (SELECT l.building_id FROM field_lease l`+scoped+`l.node_id WHERE l.until_day >= ?)`, who.Node, today, today, today)
	case "free":
		w.add("NOT "+held, today)
	case "held":
		w.add(held, today)
	}
	return w
}

// swept adds to buildings what is known of their doors and leases.
func swept(ctx context.Context, tx *db.Tx, who audit.Actor, list []Building) ([]Swept, error) {
	out := make([]Swept, len(list))
	ids := make([]string, len(list))
	cities := map[string]string{} // city → first day of its present batch
	for i, b := range list {
		out[i].Building, ids[i] = b.shown(), b.ID
		cities[b.City] = ""
	}
	for city := range cities {
		var err error
		if cities[city], err = batchStart(ctx, tx, city); err != nil {
			return nil, err
		}
	}
	held, err := runningLeases(ctx, tx, who.Node, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if l, ok := held[out[i].ID]; ok {
			out[i].Lease = &l
		}
	}
	return out, tallies(ctx, tx, out, cities)
}

// GetBuilding gives one building with its lease and how far it was swept. Fault: not_found.
func (s *Service) GetBuilding(ctx context.Context, in ByID) (out Swept, err error) {
	who, err := audit.Require(ctx, "sweep.read")
	if err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		out, err = sweptOne(ctx, tx, who, in.ID)
		return err
	})
	return out, err
}

func sweptOne(ctx context.Context, tx *db.Tx, who audit.Actor, id string) (Swept, error) {
	b, err := buildingByID(ctx, tx, id)
	if err != nil {
		return Swept{}, err
	}
	list, err := swept(ctx, tx, who, []Building{b})
	if err != nil {
		return Swept{}, err
	}
	return list[0], nil
}

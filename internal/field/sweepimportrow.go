package field

import (
	"cmp"
	"context"
	"slices"

	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
)

// building gives the building of a row: one that rows before it spoke of, one that is known, or a new one.
func (b *buildingImport) building(ctx context.Context, tx *db.Tx, in NewBuilding, floor int64) (*imported, error) {
	key := in.District + " " + in.Name
	if x := b.byName[key]; x != nil {
		return x, nil
	}
	old, known, err := db.Maybe[Building](ctx, tx, `SELECT `+buildingColumns+` FROM field_building b WHERE b.district = ? AND b.name = ?`, in.District, in.Name)
	if err != nil {
		return nil, err
	}
	x := &imported{Building: old, fresh: !known, doors: map[string]*importedDoor{}}
	if known {
		list, err := db.All[Door](ctx, tx, `SELECT `+doorColumns+` FROM field_door d WHERE d.building_id = ?`, old.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			x.doors[doorKey(d.Floor, d.Room)] = &importedDoor{Door: d}
		}
	} else {
		x.Building = Building{
			ID: tx.ID(), City: b.dir.RegionAt(in.District, "city"), District: in.District, Name: in.Name, Kind: cmp.Or(in.Kind, "tower"), Source: in.Source,
			Floors: max(in.Floors, floor, 1), CreatedBy: b.who, CreatedAt: db.Micros(tx.Now()), Version: 1,
		}
	}
	b.byName[key] = x
	return x, nil
}

func doorKey(floor int64, room string) string { return string(rune(floor+1000)) + room }

// take lets a row replace what stands, where it says anything; it reports whether it did.
func (x *imported) take(dir *org.Directory, in NewBuilding, floor int64) (bool, error) {
	next := x.Building
	next.Block, next.Kind, next.Address = cmp.Or(in.Block, next.Block), cmp.Or(in.Kind, next.Kind), cmp.Or(in.Address, next.Address)
	if in.Floors > 0 {
		next.Floors = in.Floors
	}
	next.Floors = max(next.Floors, floor)
	if in.Lng != nil && in.Lat != nil {
		next.LngMicro, next.LatMicro = micro(in.Lng), micro(in.Lat)
	}
	if err := next.check(dir, in); err != nil {
		return false, err
	}
	changed := next != x.Building
	x.Building, x.changed = next, x.changed || changed
	return changed, nil
}

// door takes the door of a row, and says whether it is new or changed.
func (x *imported) door(tx *db.Tx, in NewDoor, by string) string {
	key := doorKey(in.Floor, in.Room)
	d := x.doors[key]
	if d == nil {
		x.doors[key] = &importedDoor{fresh: true, Door: Door{
			ID: tx.ID(), Building: x.ID, Floor: in.Floor, Room: in.Room, Occupant: in.Occupant, CreatedBy: by, ChangedAt: db.Micros(tx.Now()), Version: 1,
		}}
		return "new"
	}
	if in.Occupant == "" || in.Occupant == d.Occupant {
		return ""
	}
	d.Occupant, d.changed = in.Occupant, true
	return "changed"
}

func (x *imported) sorted() []*importedDoor {
	out := make([]*importedDoor, 0, len(x.doors))
	for _, d := range x.doors {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *importedDoor) int {
		return cmp.Or(cmp.Compare(a.Floor, b.Floor), cmp.Compare(a.Room, b.Room))
	})
	return out
}

// full refuses a door too many.
func (x *imported) full(in NewDoor) error {
	if x.doors[doorKey(in.Floor, in.Room)] != nil || len(x.doors) < maxDoors {
		return nil
	}
	return fault.BadField("room", "too_many", "一栋楼最多 3000 个单元；请分栋录入。", "A building has at most 3000 doors; enter it as several.")
}

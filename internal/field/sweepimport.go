package field

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"zhudian/internal/audit"
	"zhudian/internal/db"
	"zhudian/internal/fault"
	"zhudian/internal/org"
	"zhudian/internal/sheet"
)

// ImportBuildings reads a table of buildings and their doors, one row per door, or per building when the room is empty.
// Every row is stored or reported with its reasons; the same file a second time changes nothing. An empty cell leaves
// what stands. Which building a row means: its district and name; which door: its floor and room.
type ImportBuildings struct {
	Table  io.ReaderAt
	Size   int64
	Name   string // file name, for its kind
	Limits sheet.Options
	DryRun bool
}

// ImportedBuildings counts what an import did with the rows of a table, and why it refused some.
type ImportedBuildings struct {
	Rows      int64           `json:"rows"`
	Buildings int64           `json:"buildings" doc:"new"`
	Doors     int64           `json:"doors" doc:"new"`
	Changed   int64           `json:"changed" doc:"rows that changed a building or door"`
	Unchanged int64           `json:"unchanged" doc:"rows that say what is known"`
	Refused   int64           `json:"refused"`
	Problems  []sheet.Problem `json:"problems,omitempty"`
}

// BuildingColumns are what ImportBuildings reads.
var BuildingColumns = []sheet.Column{
	{Key: "city", Words: fault.Words{ZH: "城市", EN: "City"}, Names: []string{"所在城市"}},
	{Key: "district", Words: fault.Words{ZH: "区县", EN: "District"}, Names: []string{"行政区", "区", "区划代码"}, Required: true},
	{Key: "block", Words: fault.Words{ZH: "片区", EN: "Block"}, Names: []string{"商圈", "街道"}},
	{Key: "name", Words: fault.Words{ZH: "楼宇名称", EN: "Building"}, Names: []string{"楼宇", "大厦", "园区", "名称"}, Required: true},
	{Key: "kind", Words: fault.Words{ZH: "类型", EN: "Kind"}},
	{Key: "address", Words: fault.Words{ZH: "地址", EN: "Address"}},
	{Key: "floors", Words: fault.Words{ZH: "总层数", EN: "Floors"}, Names: []string{"楼层数", "层数"}},
	{Key: "lng", Words: fault.Words{ZH: "经度", EN: "Longitude"}},
	{Key: "lat", Words: fault.Words{ZH: "纬度", EN: "Latitude"}},
	{Key: "floor", Words: fault.Words{ZH: "楼层", EN: "Floor"}, Names: []string{"所在楼层"}},
	{Key: "room", Words: fault.Words{ZH: "房号", EN: "Room"}, Names: []string{"单元", "门牌", "单元号"}},
	{Key: "occupant", Words: fault.Words{ZH: "单位名称", EN: "Occupant"}, Names: []string{"企业名称", "入驻企业", "公司名称"}},
}

var buildingKindNames = map[string]string{"楼宇": "tower", "写字楼": "tower", "园区": "park", "产业园": "park", "专业市场": "market", "市场": "market"}

// ImportBuildings runs one import to its end. Faults: those of sheet.Open and File.Head; Forbidden.
func (s *Service) ImportBuildings(ctx context.Context, in ImportBuildings) (out ImportedBuildings, err error) {
	who, err := audit.Require(ctx, "building.import")
	if err != nil {
		return out, err
	}
	run := s.DB.Write
	if in.DryRun {
		run = s.DB.Read
	}
	err = run(ctx, func(ctx context.Context, tx *db.Tx) error {
		f, err := sheet.Open(in.Table, in.Size, in.Name, in.Limits)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		h, err := f.Head(BuildingColumns, nil)
		if err != nil {
			return err
		}
		b := buildingImport{head: h, who: who.Person, source: in.Name, byName: map[string]*imported{}}
		if b.dir, err = org.Open(ctx, tx); err != nil {
			return err
		}
		if err := b.read(ctx, tx, f); err != nil {
			return err
		}
		out = b.out
		if in.DryRun || b.out.Rows == b.out.Refused+b.out.Unchanged {
			return nil
		}
		if err := b.store(ctx, tx); err != nil {
			return err
		}
		return audit.Note(ctx, tx, "building.import", "building", nil, map[string]any{"file": in.Name, "buildings": out.Buildings, "doors": out.Doors, "changed": out.Changed})
	})
	return out, err
}

// imported is a building under way: as it stands with the rows read so far.
type imported struct {
	Building
	fresh, changed, taken bool
	doors                 map[string]*importedDoor
}

type importedDoor struct {
	Door
	fresh, changed bool
}

type buildingImport struct {
	dir    *org.Directory
	head   sheet.Head
	who    string
	source string
	byName map[string]*imported // by district and name
	order  []*imported
	out    ImportedBuildings
}

func (b *buildingImport) read(ctx context.Context, tx *db.Tx, f *sheet.File) error {
	for {
		r, err := f.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		b.out.Rows++
		if r.Fault != nil {
			b.refuse(*r.Fault)
			continue
		}
		err = b.row(ctx, tx, r)
		if fault.Is(err, fault.Invalid) {
			problems := make([]sheet.Problem, 0, 1)
			for _, x := range fault.Of(err).Fields {
				problems = append(problems, sheet.Of(r.N, b.head.Value(r, x.Name), x))
			}
			b.refuse(problems...)
		} else if err != nil {
			return err
		}
	}
}

// refuse counts one row; the reasons are kept up to a bound.
func (b *buildingImport) refuse(problems ...sheet.Problem) {
	b.out.Refused++
	if len(b.out.Problems) < 1000 {
		b.out.Problems = append(b.out.Problems, problems...)
	}
}

func (b *buildingImport) row(ctx context.Context, tx *db.Tx, r sheet.Row) error {
	cell := func(key string) string { return clean(sheet.Fold(b.head.Value(r, key))) }
	var c fault.Checks
	in := NewBuilding{District: b.district(cell("city"), cell("district")), Block: cell("block"), Name: cell("name"), Kind: cell("kind"), Address: cell("address"), Source: b.source}
	if k, ok := buildingKindNames[in.Kind]; ok {
		in.Kind = k
	}
	in.Floors = whole(&c, "floors", cell("floors"))
	in.Lng, in.Lat = degrees(&c, "lng", cell("lng")), degrees(&c, "lat", cell("lat"))
	door := NewDoor{Room: cell("room"), Occupant: cell("occupant"), Floor: whole(&c, "floor", cell("floor"))}
	if door.Floor == 0 && door.Room != "" {
		door.Floor = floorOf(door.Room)
	}
	c.AtMost("room", door.Room, 20).AtMost("occupant", door.Occupant, 120)
	if door.Room != "" && (door.Floor == 0 || door.Floor < -9 || door.Floor > 200) {
		c.Add("floor", "out_of_range", "请写楼层，如 12；地下写负数。", "Give the floor, e.g. 12; below ground is negative.")
	}
	if door.Room == "" && door.Occupant != "" {
		c.Add("room", "required", "写了单位名称，请写房号。", "An occupant needs a room.")
	}
	if err := c.Err(); err != nil {
		return err
	}
	x, err := b.building(ctx, tx, in, door.Floor)
	if err != nil {
		return err
	}
	fresh := x.fresh && !x.taken
	changed, err := x.take(b.dir, in, door.Floor)
	if err == nil && door.Room != "" {
		err = x.full(door)
	}
	if err != nil {
		return err
	}
	if !x.taken {
		b.order, x.taken = append(b.order, x), true
	}
	if fresh {
		b.out.Buildings++
	}
	what := ""
	if door.Room != "" {
		what = x.door(tx, door, b.who)
	}
	switch {
	case what == "new":
		b.out.Doors++
	case fresh:
	case changed || what == "changed":
		b.out.Changed++
	default:
		b.out.Unchanged++
	}
	return nil
}

func (b *buildingImport) district(city, text string) string {
	if len(text) == 6 && strings.Trim(text, "0123456789") == "" {
		return text
	}
	return b.dir.Locate("", city, text)
}

// store writes what the rows came to.
func (b *buildingImport) store(ctx context.Context, tx *db.Tx) error {
	var buildings []Building
	var doors []Door
	for _, x := range b.order {
		if x.fresh {
			buildings = append(buildings, x.Building)
		} else if x.changed {
			if _, err := db.Exec(ctx, tx, `UPDATE field_building SET block = ?, kind = ?, address = ?, floors = ?, lng = ?, lat = ?, version = version + 1 WHERE id = ?`,
				x.Block, x.Kind, x.Address, x.Floors, x.LngMicro, x.LatMicro, x.ID); err != nil {
				return err
			}
		}
	}
	if err := db.Insert(ctx, tx, "field_building", buildings); err != nil {
		return err
	}
	for _, x := range b.order {
		for _, d := range x.sorted() {
			if d.fresh {
				doors = append(doors, d.Door)
			} else if d.changed {
				if err := db.Do(ctx, tx, `UPDATE field_door SET occupant = ?, company_id = '', changed_at = ?, version = version + 1 WHERE id = ?`, d.Occupant, db.Micros(tx.Now()), d.ID); err != nil {
					return err
				}
			}
		}
	}
	if err := knowOccupants(ctx, tx, doors); err != nil {
		return err
	}
	return db.Insert(ctx, tx, "field_door", doors)
}

// knowOccupants finds in the library who has exactly the name on the door.
func knowOccupants(ctx context.Context, tx *db.Tx, doors []Door) error {
	type firm struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	var names []string
	for _, d := range doors {
		if d.Occupant != "" {
			names = append(names, d.Occupant)
		}
	}
	slices.Sort(names)
	known := map[string]string{}
	for part := range slices.Chunk(slices.Compact(names), 500) {
		err := db.Each(ctx, tx, `SELECT c.id, c.name FROM company_company c WHERE c.merged_into = '' AND c.name IN `+db.In(len(part)), db.Args(part), func(f firm) error {
			known[f.Name] = f.ID
			return nil
		})
		if err != nil {
			return err
		}
	}
	for i := range doors {
		doors[i].Company = known[doors[i].Occupant]
	}
	return nil
}

func whole(c *fault.Checks, field, text string) int64 {
	text = strings.TrimRight(strings.TrimSuffix(text, "层"), "F楼")
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		c.Add(field, "not_a_number", "请写整数，如 12。", "Write a whole number, e.g. 12.")
	}
	return n
}

func degrees(c *fault.Checks, field, text string) *float64 {
	if text == "" {
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v {
		c.Add(field, "not_a_number", "坐标写作 114.02 这样。", "Write a coordinate like 114.02.")
	}
	return &v
}

// floorOf reads the floor from a room number as towers count: 1203 is on the 12th, 903 on the 9th; 0 when it does not say.
func floorOf(room string) int64 {
	digits := strings.TrimRight(room, "ABCDEFGHabcdefgh")
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 101 || n > 20099 {
		return 0
	}
	return n / 100
}

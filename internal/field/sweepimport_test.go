package field_test

import (
	"strings"
	"testing"

	"zhudian/internal/apptest"
	"zhudian/internal/fault"
	"zhudian/internal/field"
)

const houses = `城市,区县,片区,楼宇名称,类型,总层数,经度,纬度,楼层,房号,单位名称
深圳市,福田区,车公庙,泰云大厦,楼宇,12,114.02,22.53,12,1201,深圳市测试精密有限公司
深圳市,福田区,车公庙,泰云大厦,,,,,,1102,云帆软件
,440305,科技园,凌岸园区,园区,3,,,,,
深圳市,无此区,,某楼,楼宇,3,,,1,101,
深圳市,福田区,车公庙,泰云大厦,楼宇,12,114.02,22.53,,甲号,谁
深圳市,福田区,,远楼,楼宇,3,14.02,22.53,1,101,
深圳市,福田区,,矮楼,小屋,3,,,1,101,
深圳市,福田区,,高楼,楼宇,三层,,,1,101,
深圳市,福田区,,空名,楼宇,3,,,1,,没写房号
`

func importHouses(t *testing.T, w *apptest.World, login, text string, dry bool) (field.ImportedBuildings, error) {
	t.Helper()
	return w.Field.ImportBuildings(w.As(login), field.ImportBuildings{Table: strings.NewReader(text), Size: int64(len(text)), Name: "楼.csv", DryRun: dry})
}

// TestImportBuildings: every row is stored or refused with its reason, and the same file again changes nothing.
func TestImportBuildings(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		if _, err := importHouses(t, w, "officer", houses, false); !fault.Has(err, "not_allowed") {
			t.Errorf("an officer imports: %v", err)
		}
		for _, dry := range []bool{true, false} {
			got, err := importHouses(t, w, "captain", houses, dry)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, p := range got.Problems {
				codes = append(codes, p.Code)
			}
			if got.Rows != 9 || got.Buildings != 2 || got.Doors != 2 || got.Refused != 6 || strings.Join(codes, " ") != "unknown_region out_of_range out_of_range unknown not_a_number required" {
				t.Errorf("dry %v: %+v %v", dry, got, codes)
			}
			if list, err := w.Field.ListBuildings(w.As("captain"), field.BuildingFilter{}); err != nil || len(list.Items) != map[bool]int{true: 0, false: 2}[dry] {
				t.Fatalf("dry %v: %d buildings, %v", dry, len(list.Items), err)
			}
		}
		list, err := w.Field.ListBuildings(w.As("officer"), field.BuildingFilter{District: "440304"})
		if err != nil || len(list.Items) != 1 || list.Items[0].Lng != 114.02 || list.Items[0].City != "440300" {
			t.Fatalf("%+v %v", list, err)
		}
		seen := doorsOf(t, w, list.Items[0].ID)
		if len(seen) != 2 || seen[0].Room != "1201" || seen[0].Company != w.ID["company"] || seen[1].Floor != 11 || seen[1].Company != "" {
			t.Errorf("the doors: %+v", seen)
		}
		again, err := importHouses(t, w, "captain", houses, false)
		if err != nil || again.Buildings+again.Doors+again.Changed != 0 || again.Unchanged != 3 {
			t.Errorf("the same file again: %+v %v", again, err)
		}
		more, err := importHouses(t, w, "captain", strings.Replace(houses, "云帆软件", "启明检测", 1), false)
		if err != nil || more.Changed != 1 || doorsOf(t, w, list.Items[0].ID)[1].Occupant != "启明检测" {
			t.Errorf("another name on a door: %+v %v", more, err)
		}
	})
}

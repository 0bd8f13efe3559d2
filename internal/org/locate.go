package org

import (
	"sort"
	"strings"
)

// places finds regions by the names people write.
type places struct {
	provinces map[string]string            // 广东, 广东省 → 440000
	cities    map[string]map[string]string // province → 深圳, 深圳市 → 440300
	anyCity   map[string]string            // names of cities that exist once in China
	counties  map[string][]placeName       // city → 南山区, longest first
	words     map[string]bool              // every name and short name of a place down to counties
}

type placeName struct{ name, code string }

var regionSuffixes = []string{"维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "自治州", "地区", "新区", "省", "市", "盟", "州"}

// stem gives a region's name as people shorten it: 广东省 → 广东, 黔东南苗族侗族自治州 → 黔东南.
func stem(name string) string {
	for _, s := range regionSuffixes {
		if t, ok := strings.CutSuffix(name, s); ok && len([]rune(t)) >= 2 {
			name = t
			break
		}
	}
	for i := range name {
		if len([]rune(name[:i])) < 2 {
			continue
		}
		for _, people := range []string{"布依族", "苗族", "侗族", "土家族", "藏族", "彝族", "回族", "羌族", "朝鲜族", "蒙古族", "哈尼族", "壮族", "傣族", "白族", "景颇族", "傈僳族", "哈萨克"} {
			if strings.HasPrefix(name[i:], people) {
				return name[:i]
			}
		}
	}
	return name
}

func indexPlaces(d *Directory) *places {
	p := &places{provinces: map[string]string{}, cities: map[string]map[string]string{}, anyCity: map[string]string{}, counties: map[string][]placeName{}, words: map[string]bool{}}
	for code, r := range d.regions {
		if r.Level != "town" && !dummyName(r.Name) {
			p.words[r.Name] = true
			if r.Level != "county" {
				p.words[stem(r.Name)] = true
			}
		}
		if r.ValidTo != Last {
			continue
		}
		switch r.Level {
		case "province":
			p.provinces[r.Name], p.provinces[stem(r.Name)] = code, code
		case "city":
			if p.cities[r.Parent] == nil {
				p.cities[r.Parent] = map[string]string{}
			}
			if dummyName(r.Name) {
				continue
			}
			for _, n := range []string{r.Name, stem(r.Name)} {
				p.cities[r.Parent][n] = code
				if other, ok := p.anyCity[n]; ok && other != code {
					code = ""
				}
				p.anyCity[n] = code
			}
		case "county":
			p.counties[r.Parent] = append(p.counties[r.Parent], placeName{r.Name, code})
		}
	}
	for _, list := range p.counties {
		sort.Slice(list, func(i, j int) bool {
			return len(list[i].name) > len(list[j].name) || len(list[i].name) == len(list[j].name) && list[i].code < list[j].code
		})
	}
	return p
}

// Locate finds the region that a province's and city's name and an address speak of, as exactly as they allow;
// "" when even the province is not clear. Names may be short (广东, 深圳); either may be "".
func (d *Directory) Locate(province, city, address string) string {
	p := d.byName
	if p == nil {
		return ""
	}
	prov := p.provinces[strings.TrimSpace(province)]
	if prov == "" {
		prov = p.prefixProvince(address)
	}
	place := p.city(prov, strings.TrimSpace(city), address)
	if place == "" {
		if place = d.municipality(prov, address); place == "" {
			return prov
		}
		return place
	}
	for _, c := range p.counties[place] {
		if near(address, c.name) {
			return c.code
		}
	}
	return place
}

func (p *places) prefixProvince(address string) string {
	runes := []rune(address)
	for n := min(9, len(runes)); n >= 2; n-- {
		if code, ok := p.provinces[string(runes[:n])]; ok {
			return code
		}
	}
	return ""
}

func (p *places) city(prov, city, address string) string {
	names := p.cities[prov]
	if prov == "" {
		names = p.anyCity
	}
	if code := names[city]; code != "" {
		return code
	}
	runes := []rune(address)
	for from := 0; from < min(len(runes), 8); from++ { // behind 广东省 or at once
		for n := min(12, len(runes)-from); n >= 2; n-- {
			if code := names[string(runes[from:from+n])]; code != "" {
				return code
			}
		}
	}
	return ""
}

// municipality looks for a district where the province has no cities of its own (北京, 上海 …).
func (d *Directory) municipality(prov, address string) string {
	for _, c := range d.inside[prov] {
		for _, k := range d.byName.counties[c] {
			if near(address, k.name) {
				return k.code
			}
		}
	}
	return ""
}

// near looks for a name in the head of an address, where the district stands.
func near(address, name string) bool {
	const head = 60 // bytes: 20 characters
	i := strings.Index(address, name)
	return i >= 0 && i <= head
}

// TrimPlace takes one leading place name off a text: 深圳市佳泰连接器 gives 佳泰连接器, 深圳 gives "". A text
// that starts with no place comes back as it is.
func (d *Directory) TrimPlace(s string) string {
	if d.byName == nil {
		return s
	}
	at := 0
	best := 0
	for i, r := range s {
		if at > 0 && d.byName.words[s[:i]] {
			best = i
		}
		if at++; at > 14 {
			break
		}
		if i+len(string(r)) == len(s) && d.byName.words[s] {
			return ""
		}
	}
	return s[best:]
}

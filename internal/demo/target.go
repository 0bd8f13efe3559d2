package demo

// The figures the demo province must come to, at its Shenzhen station, in the recognised book: those of the press
// release of 20 December 2020 and of a report of early October. Money in 万元.
const (
	start    = "2019-11-20" // first day of the station
	cut      = "2020-09-30" // first date of account
	end      = "2020-12-15" // second date of account
	shenzhen = "shenzhen"
	yangtze  = "yangtze"

	projectsCut, projectsEnd         = 646, 843
	contractsCut, contractsEnd int64 = 11_050_000, 17_770_200
	fundsEnd                   int64 = 6_392_100
	enterprisesCut             int   = 24_000
	enterprisesEnd                   = 30_076
	associationsCut                  = 4_500
	associationsEnd                  = 8_267
	toursCut, toursEnd               = 4_950, 6_056
	investors, industrial            = 612, 307

	// contracts of Pearl-delta origin, March to August 2020, rose by 129.3 % on the year before
	growthPermille = 1293
)

// batches are the waves of people at the Shenzhen station.
var batches = []struct {
	number int64
	starts string
	ends   string
	people int
}{{1, "2019-11-20", "2020-01-17", 167}, {2, "2020-03-24", "2020-09-30", 232}, {3, "2020-10-12", "", 240}}

// special are the projects that the release tells of apart from the rest.
var special = []struct {
	tag      string
	event    int // index of events, -1 for none
	projects int
	total    int64 // 万元
	month    string
}{
	{"", 0, 12, 310_000, "2020-05"},
	{"", 1, 10, 260_000, "2020-08"},
	{"", 2, 9, 257_300, "2020-11"},
	{"green-food", -1, 8, 80_000, ""},
	{"green-food", -1, 4, 50_000, "2020-11"},
}

// events are the three held to consolidate the fight against poverty.
var events = []struct{ name, day, unit, place string }{
	{"巩固脱贫攻坚专题招商活动（第一场）", "2020-05-20", "520500", "深圳"},
	{"巩固脱贫攻坚专题招商活动（第二场）", "2020-08-12", "522600", "深圳"},
	{"巩固脱贫攻坚专题招商活动（第三场）", "2020-11-05", "520600", "深圳"},
}

// prefectures are the shares of the 843 projects.
var prefectures = []struct {
	code     string
	projects int
}{
	{"520100", 186}, {"520200", 62}, {"520300", 128}, {"520400", 71}, {"520500", 88}, {"520600", 84}, {"522300", 66}, {"522600", 72}, {"522700", 69}, {"GA00", 17},
}

// signings is how many of the ordinary projects were signed in each month, as weights.
var signingsCut = []struct {
	month  string
	weight int
}{
	{"2019-11", 18}, {"2019-12", 44}, {"2020-01", 26}, {"2020-02", 6}, {"2020-03", 38}, {"2020-04", 60}, {"2020-05", 66}, {"2020-06", 84}, {"2020-07", 90}, {"2020-08", 92}, {"2020-09", 101},
}

var signingsEnd = []struct {
	month  string
	weight int
}{{"2020-10", 70}, {"2020-11", 84}, {"2020-12", 30}}

// origins of investors at the Shenzhen station, GB/T 2260, as weights; the first five lie in the Pearl delta.
var origins = []struct {
	code, name string
	weight     int
}{{"440300", "深圳", 74}, {"441900", "东莞", 7}, {"440100", "广州", 6}, {"440600", "佛山", 3}, {"441300", "惠州", 2}, {"440500", "汕头", 3}, {"350200", "厦门", 3}, {"310000", "上海", 2}}

func inPearlDelta(code string) bool {
	switch code {
	case "440100", "440300", "440400", "440600", "440700", "441200", "441300", "441900", "442000":
		return true
	}
	return false
}

// LastDay is the day through which the demo's figures are first shown.
const LastDay = end

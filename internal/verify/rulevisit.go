package verify

import (
	"fmt"
	"math"

	"zhudian/internal/fault"
	"zhudian/internal/hanzi"
)

// visitRules look at visits.
var visitRules = []Rule{
	{
		Code: "R16", Kinds: onVisits, Risk: 4, Name: words("一天走访过多", "Too many in one day"),
		About:  words("同一人一天走访太多，或两处相距太远、间隔太短（按企业地址推算，不用定位）。", "One officer's visits on a day are too many, or too far apart for the time between (by the companies' addresses, never by tracking)."),
		Limits: []Limit{{"visits", words("一天（条）", "Visits a day"), 3, 50, 12}, {"km", words("相距（公里）", "Apart, km"), 1, 500, 20}, {"minutes", words("间隔（分钟）", "Between them, minutes"), 1, 240, 10}},
		look:   visit(tooMany),
	},
	{
		Code: "R17", Kinds: onVisits, Risk: 3, Name: words("内容雷同", "Copied text"),
		About:  words("与同一人写的另一家企业的走访内容几乎一样。", "Nearly the same text as of another company by the same officer."),
		Limits: []Limit{{"percent", words("相似度（%）", "Alike, per cent"), 50, 100, 90}},
		look:   visit(copied),
	},
	{
		Code: "R18", Kinds: onVisits, Risk: 3, Name: words("电话重复", "One phone, many companies"),
		About:  words("受访人的电话登记在好几家企业名下。", "The counterpart's phone stands at several companies."),
		Limits: []Limit{{"firms", words("企业超过（家）", "Companies, more than"), 1, 50, 3}},
		look: visit(func(v *VisitCase, at limits) []fault.Words {
			if v.Phone <= at.of("firms") {
				return nil
			}
			return say(fmt.Sprintf("受访人的电话登记在 %d 家企业名下。", v.Phone), fmt.Sprintf("The counterpart's phone stands at %d companies.", v.Phone))
		}),
	},
	{
		Code: "R19", Kinds: onVisits, Risk: 2, Name: words("多家都称首访", "First visit said by several"),
		About:  words("几个县区在相近的日子都称首次走访同一企业。", "Several counties say within days that theirs was the first visit."),
		Limits: []Limit{{"days", words("相隔不到（天）", "Apart by less than, days"), 1, 60, 7}},
		look:   visit(firsts),
	},
	{
		Code: "R30", Kinds: onVisits, Risk: 1, Name: words("手机时钟不准", "Clock of the phone was off"),
		About:  words("离线记录发送时，手机时钟与服务器不一致。", "The phone's clock differed from the server's when it sent the record."),
		Limits: []Limit{{"minutes", words("相差（分钟）", "Off by, minutes"), 1, 1440, 10}},
		look: visit(func(v *VisitCase, at limits) []fault.Words {
			off := max(v.Skew, -v.Skew) / 60
			if off < at.of("minutes") {
				return nil
			}
			return say(fmt.Sprintf("手机发送时，时钟与服务器相差 %d 分钟；走访日期按手机所记，请核对。", off), fmt.Sprintf("When it sent this, the phone's clock was %d minutes off; the day is as the phone had it.", off))
		}),
	},
}

func visit(look func(*VisitCase, limits) []fault.Words) func(*Case, limits) []fault.Words {
	return func(c *Case, at limits) []fault.Words {
		if c.Visit == nil {
			return nil
		}
		return look(c.Visit, at)
	}
}

func tooMany(v *VisitCase, at limits) []fault.Words {
	var out []fault.Words
	if v.SameDay > at.of("visits") {
		out = append(out, words(fmt.Sprintf("同一人 %s 已记 %d 条走访。", v.Day, v.SameDay), fmt.Sprintf("The same officer recorded %d visits on %s.", v.SameDay, v.Day)))
	}
	if v.At == nil {
		return out
	}
	for _, s := range v.Near {
		minutes, km := max(s.Minute-v.At.Minute, v.At.Minute-s.Minute), apart(s, *v.At)
		if minutes <= at.of("minutes") && km >= at.of("km") {
			return append(out, words(fmt.Sprintf("同一天 %d 分钟内的另一处走访在 %d 公里外。", minutes, km), fmt.Sprintf("Another visit within %d minutes was %d km away.", minutes, km)))
		}
	}
	return out
}

// apart is the distance of two stops in km, on a sphere.
func apart(a, b Stop) int64 {
	rad := func(millionths int64) float64 { return float64(millionths) / 1e6 * math.Pi / 180 }
	dLat, dLng := rad(b.Lat-a.Lat), rad(b.Lng-a.Lng)
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*math.Pow(math.Sin(dLng/2), 2)
	return int64(2 * 6371 * math.Asin(math.Sqrt(h)))
}

func copied(v *VisitCase, at limits) []fault.Words {
	for _, t := range v.Texts {
		if p := hanzi.Alike(v.Said, t); p >= at.of("percent") {
			return say(fmt.Sprintf("与同一人写的另一家企业的内容相似 %d%%。", p), fmt.Sprintf("%d%% the same as what the officer wrote of another company.", p))
		}
	}
	return nil
}

func firsts(v *VisitCase, at limits) []fault.Words {
	if !v.IsFirst && len(v.Firsts) == 0 {
		return nil
	}
	others := map[string]bool{}
	for _, f := range v.Firsts {
		if days, ok := daysBetween(f.Day, v.Day); ok && max(days, -days) < at.of("days") && f.Unit != v.ByTeamOf {
			others[f.Unit] = true
		}
	}
	if len(others) == 0 {
		return nil
	}
	return say(fmt.Sprintf("%d 天内另有 %d 个单位的队伍走访了这家企业。", at.of("days"), len(others)), fmt.Sprintf("Teams of %d other units visited the company within %d days.", len(others), at.of("days")))
}

package field

import (
	"slices"
	"strings"
	"time"

	"zhudian/internal/blob"
	"zhudian/internal/fault"
	"zhudian/internal/ledger"
	"zhudian/internal/verify"
)

func alreadyVisited() error {
	return fault.BadField("company", "already_visited",
		"这支队伍当天已记过这家单位的走访，一家一天只计一次；请在那条记录上补充。",
		"This team already recorded a visit to it that day; one organisation and day counts once. Add to that record.")
}

func (k *known) checkVisit(in Record, today string) error {
	var c fault.Checks
	if k.teams[in.Team].ID == "" {
		c.Add("team", "unknown_team", "请选择队伍。", "Choose a team.")
	}
	if k.companies[in.Company].ID == "" {
		c.Add("company", "unknown_company", "请从资源库中选择企业或商协会；没有的先录入。", "Choose a company or association of the library; enter it first if it is missing.")
	}
	checkDay(&c, "day", in.Day, today, "走访日期", "The day of the visit")
	checkTime(&c, "from", in.From)
	checkTime(&c, "to", in.To)
	if in.From != "" && in.To != "" && in.To < in.From {
		c.Add("to", "before_start", "结束时间早于开始时间。", "It ends before it starts.")
	}
	switch in.Way {
	case "onsite", "received", "meeting", "phone", "video":
	default:
		c.Add("way", "required", "请选择走访方式。", "Choose how you met.")
	}
	if !strings.Contains("ABCD", in.Intent) || len(in.Intent) != 1 {
		c.Add("intent", "required", "请选择意向等级。", "Choose the grade of intent.")
	}
	if n := len([]rune(strings.TrimSpace(in.Said))); n < 10 && !voiced(in.Evidence) {
		c.Add("said", "too_short", "谈了什么，请至少写 10 个字，或附一段录音。", "Say what was talked about, in at least 10 characters, or attach a recording.")
	}
	if in.NextOn != "" {
		if _, err := time.Parse(time.DateOnly, in.NextOn); err != nil {
			c.Add("next_on", "not_a_date", "下一步日期写作 2020-12-15 这样。", "Write the date like 2020-12-15.")
		}
	}
	if in.Visited != "" {
		if _, ok := k.dir.Region(in.Visited); !ok {
			c.Add("visited", "unknown_region", "没有这个行政区划。", "There is no such region.")
		}
	}
	k.checkWith(&c, in.Team, in.With)
	return c.Err()
}

// voiced: what was said may be spoken.
func voiced(files []verify.Evidence) bool {
	return slices.ContainsFunc(files, func(e verify.Evidence) bool { return blob.Voice(e.Type) })
}

// checkWith looks at the teams that share in what the lead team did.
func (k *known) checkWith(c *fault.Checks, lead string, with []Share) {
	rest := int64(ledger.Whole)
	named := map[string]bool{lead: true}
	for _, w := range with {
		rest -= w.Share
		if k.teams[w.Team].ID == "" || named[w.Team] {
			c.Add("with", "unknown_team", "联合的队伍不存在或重复。", "A team that took part is unknown or named twice.")
		}
		named[w.Team] = true
		if w.Share <= 0 {
			c.Add("with", "share_range", "每支队伍的份额须大于 0。", "Each team's share must be above zero.")
		}
	}
	if rest <= 0 {
		c.Add("with", "share_total", "牵头队伍的份额须大于 0，合计 100%。", "The lead team must keep a share; the total is 100%.")
	}
}

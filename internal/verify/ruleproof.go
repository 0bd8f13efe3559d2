package verify

import (
	"fmt"

	"zhudian/internal/fault"
)

// proofRules look at the evidence.
var proofRules = []Rule{
	{
		Code: "R02", Kinds: onRecords, Risk: 8, Name: words("佐证重复使用", "Evidence used elsewhere"),
		About:  words("同一文件或几乎一样的图片出现在别的项目或记录里。", "The same file, or nearly the same picture, stands at another project or record."),
		Limits: []Limit{{"bits", words("图片差别不超过（64 位中）", "Pictures differ by at most, bits of 64"), 0, nearBits, 5}},
		look:   reused,
	},
	{
		Code: "R08", Kinds: onRecords, Risk: 4, Name: words("照片时间不符", "Photo of another time"),
		About:  words("照片自带的拍摄日期与申报的日期相差太多。", "The date inside a photo is far from the day that is claimed."),
		Limits: []Limit{{"days", words("相差（天）", "Apart by, days"), 1, 365, 30}},
		look: func(c *Case, at limits) []fault.Words {
			for _, p := range c.Proof.Pictures {
				days, ok := daysBetween(p.TakenOn, c.Proof.On)
				if ok && max(days, -days) > at.of("days") {
					return say("“"+p.Name+"”拍摄于 "+p.TakenOn+"，申报日期是 "+c.Proof.On+"。", "“"+p.Name+"” was taken on "+p.TakenOn+"; the claim is about "+c.Proof.On+".")
				}
			}
			return nil
		},
	},
}

func reused(c *Case, at limits) []fault.Words {
	var out []fault.Words
	if c.Proof.SameFile > 0 {
		out = append(out, words(fmt.Sprintf("另有 %d 条记录用了同一个文件。", c.Proof.SameFile), fmt.Sprintf("%d other records show the same file.", c.Proof.SameFile)))
	}
	for _, p := range c.Proof.Pictures {
		for _, bits := range p.Alike {
			if bits <= at.of("bits") {
				return append(out, words("“"+p.Name+"”和别的记录里的图片几乎一样。", "“"+p.Name+"” is nearly the same as a picture of another record."))
			}
		}
	}
	return out
}

// paceRules look at those who check.
var paceRules = []Rule{{
	Code: "R22", Kinds: onProjects, Risk: 3, Name: words("审得太快", "Checked too fast"),
	About:  words("上一级审核人一小时内通过的项目和资金太多。", "The reviewer passed too many projects and payments within an hour."),
	Limits: []Limit{{"hour", words("一小时（件）", "Verdicts an hour"), 10, 1000, 60}},
	look: func(c *Case, at limits) []fault.Words {
		if c.Pace <= at.of("hour") {
			return nil
		}
		return say(fmt.Sprintf("审核人在一小时内通过了 %d 件。", c.Pace), fmt.Sprintf("The reviewer passed %d within an hour.", c.Pace))
	},
}}

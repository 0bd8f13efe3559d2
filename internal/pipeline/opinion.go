package pipeline

import (
	"slices"
	"strings"

	"zhudian/internal/fault"
)

// Opinion is what was looked at before the verdict on a lead (研判意见): six aspects, and what the company and the
// place have shown on paper.
type Opinion struct {
	Industry    string `json:"industry,omitempty" enum:"good,doubt,bad," doc:"fits what the place wants to be"`
	Market      string `json:"market,omitempty" enum:"good,doubt,bad,"`
	Technology  string `json:"technology,omitempty" enum:"good,doubt,bad,"`
	Environment string `json:"environment,omitempty" enum:"good,doubt,bad,"`
	Energy      string `json:"energy,omitempty" enum:"good,doubt,bad,"`
	Benefit     string `json:"benefit,omitempty" enum:"good,doubt,bad,"`
	Proposal    string `json:"proposal,omitempty" maxLength:"200" doc:"which proposal of the company, and of what date"`
	Report      string `json:"report,omitempty" maxLength:"200" doc:"who looked at the company, when, and what was found"`
}

// grades of an aspect; "" is not looked at.
var grades = []string{"good", "doubt", "bad"}

// aspect is one of the six with its grade.
type aspect struct{ key, grade string }

func (o Opinion) aspects() []aspect {
	return []aspect{{"industry", o.Industry}, {"market", o.Market}, {"technology", o.Technology}, {"environment", o.Environment}, {"energy", o.Energy}, {"benefit", o.Benefit}}
}

// Part is one of the four that make a lead valid.
type Part struct {
	Key string `json:"key" enum:"fit,proposal,favourable,report"`
	Met bool   `json:"met"`
}

// Parts gives the four parts of a valid lead: the industry fits, there is a proposal, the first opinion is favourable in
// every aspect or at least not against, and somebody looked at the company.
func (o Opinion) Parts() []Part {
	favourable := !slices.ContainsFunc(o.aspects(), func(a aspect) bool { return a.grade == "" || a.grade == "bad" })
	return []Part{{"fit", o.Industry == "good"}, {"proposal", o.Proposal != ""}, {"favourable", favourable}, {"report", o.Report != ""}}
}

// check notes what is no grade, and for a valid verdict each part that is missing.
func (o *Opinion) check(c *fault.Checks, valid bool) {
	o.Proposal, o.Report = strings.TrimSpace(o.Proposal), strings.TrimSpace(o.Report)
	c.AtMost("opinion.proposal", o.Proposal, 200).AtMost("opinion.report", o.Report, 200)
	for _, a := range o.aspects() {
		field := "opinion." + a.key
		switch {
		case a.grade != "" && !slices.Contains(grades, a.grade):
			c.Add(field, "not_a_choice", "请选择好、存疑或不行。", "Choose good, doubtful or against.")
		case !valid:
		case a.grade == "":
			c.Add(field, "required", "判为有效前，六个方面都要看。", "A valid verdict needs all six aspects looked at.")
		case a.grade == "bad":
			c.Add(field, "against", "这一方面不行，不能判为有效。", "This speaks against it; the lead cannot be valid.")
		case a.key == "industry" && a.grade != "good":
			c.Add(field, "no_fit", "产业不对路，不能判为有效。", "The industry does not fit; the lead cannot be valid.")
		}
	}
	if valid {
		c.Require("opinion.proposal", o.Proposal, "企业的投资方案", "The company's proposal")
		c.Require("opinion.report", o.Report, "对企业的考察", "The look at the company")
	}
}

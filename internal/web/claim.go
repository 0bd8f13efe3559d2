package web

// InboxProps is one claim in the verifier's list.
type InboxProps struct {
	Kind, Name string // 资金, 锐峰精密 · 第 5 笔
	Place      string
	Deadline   Deadline
	Findings   string // 2 条提示; "" for none
	Amount     Amount
	URL        string
	On         bool
}

// ClaimValue is one value of a claim; N is the number of its frame on the document, 0 for none.
type ClaimValue struct {
	Label  string
	Text   string
	Meta   string
	N      int
	Agrees bool
}

// FindingProps is something a rule found.
type FindingProps struct{ Code, Title, Text, URL string } // URL of the rule

// VerdictProps is the bar of the three verdicts; every button is a submit of the form around it.
type VerdictProps struct {
	Action string
	ID     string // of the claim
	Hash   string // the content the verdict binds
	Note   string // 您不是提交人，可以审核 · 结论将绑定内容与 3 件材料的指纹
	// Refused says why the buttons are absent; "" shows them.
	Refused string
	// Unread findings must be read before approving: the approve button is off until then.
	Unread bool
}

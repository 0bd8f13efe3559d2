package bulletin

import (
	"embed"
	"encoding/json"

	"zhudian/internal/fault"
)

//go:embed template
var templates embed.FS

// Template is a ready form of document: its text with marks and the slots they name.
type Template struct {
	Title string `json:"title"`
	Kind  string `json:"kind"`
	Slots []Slot `json:"slots"`
	Body  string `json:"-"`
}

// TemplateNamed gives a template: press, brief, answers. Fault: unknown_template (Malformed).
func TemplateNamed(name string) (Template, error) {
	var t Template
	raw, err := templates.ReadFile("template/" + name + ".json")
	if err != nil {
		return t, fault.New(fault.Malformed, "unknown_template", "没有“"+name+"”这个模板，可用 press、brief 或 answers。", "There is no template "+name+"; use press, brief or answers.")
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return t, fault.Wrap(err, "read template "+name)
	}
	body, err := templates.ReadFile("template/" + name + ".txt")
	t.Body = string(body)
	return t, fault.Wrap(err, "read template "+name)
}

// Templates lists the names of the templates.
var Templates = []string{"press", "brief", "answers"}

package check

import "strings"

// PageReport is the JSON answer of `check page`. Absent values are "".
type PageReport struct {
	Charset   string            `json:"charset"`
	Title     string            `json:"title"`
	DocNo     string            `json:"doc_no"`
	IndexNo   string            `json:"index_no"`
	Issuer    string            `json:"issuer"`
	Topic     string            `json:"topic"`
	Written   string            `json:"written"`
	Published string            `json:"published"`
	BodyText  string            `json:"body_text"`
	Links     []Link            `json:"links"`
	Tags      map[string]string `json:"tags"`
	Findings  []ReportFinding   `json:"findings"`
}

// ReportFinding is a finding as the command line prints it.
type ReportFinding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Says     string   `json:"says"`
	Article  string   `json:"article"`
	Where    string   `json:"where"`
}

// Report puts a page and its violations into the form of the contract;
// findings with another outcome are left out. Several values of one tag are
// joined by ";".
func Report(p *Page, findings []Finding) PageReport {
	r := PageReport{
		Charset: p.Charset, Title: p.Title, DocNo: p.DocNo, IndexNo: p.IndexNo, Issuer: p.Issuer, Topic: p.Topic,
		Written: p.Written, Published: p.Published, BodyText: p.BodyText,
		Links: append([]Link{}, p.Links...), Tags: make(map[string]string, len(p.Tags)), Findings: []ReportFinding{},
	}
	for name, values := range p.Tags {
		r.Tags[name] = strings.Join(values, ";")
	}
	for _, f := range Violations(findings) {
		r.Findings = append(r.Findings, ReportFinding{f.Check, f.Severity, f.Says, f.Article, f.Where})
	}
	return r
}

// TextReport is one answer line of `check text --jsonl`.
type TextReport struct {
	ID       string `json:"id"`
	Findings []Span `json:"findings"`
}

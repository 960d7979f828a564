package approval

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Letter is one letter as it was issued.
type Letter struct {
	ID        string
	Case      CaseID
	Number    string // TZ-2026-0001: the house's, not a 发文字号
	Kind      LetterKind
	Issuer    string // the unit
	Addressee string
	Signer    string // who decided
	Text      []string
	IssuedAt  time.Time
}

// Title of the letter.
func (l Letter) Title() string { return l.Kind.Name() }

// Link is the letter's page.
func (l Letter) Link() string { return "/console/cases/" + string(l.Case) + "/letters/" + l.ID }

// Document is the letter in the layout of GB/T 9704, for DOCX and PDF. It bears
// no 发文字号: the office gives that when it seals it.
func (l Letter) Document() *official.Document {
	d := &official.Document{Title: l.Title(), To: l.Addressee, Issuer: l.Issuer, Dated: calendar.DateOf(l.IssuedAt).Chinese(), Sealed: true,
		Note: "系统编号：" + l.Number + "；经办：" + l.Signer}
	for _, p := range l.Text {
		d.Paragraph(p)
	}
	return d
}

// letter issues a letter in the act's transaction. What it says is kept: later
// wording must not rewrite it.
func (s *Service) letter(ctx context.Context, tx *db.Tx, c Case, kind LetterKind, from Step, to string, reasons []string, opinion string) error {
	number, err := NextNumber(ctx, tx, "TZ")
	if err != nil {
		return err
	}
	l := Letter{ID: ulid.Make().String(), Case: c.ID, Number: number, Kind: kind, Issuer: from.UnitName, Addressee: to, Signer: from.Signed(),
		Text: wording(c, kind, reasons, opinion, calendar.DateOf(tx.Now())), IssuedAt: tx.Now()}
	if l.Signer == "" {
		l.Signer = "系统"
	}
	text, err := json.Marshal(l.Text)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO approval_letter (id, case_id, number, kind, issuer, addressee, signer, text, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		l.ID, l.Case, l.Number, l.Kind, l.Issuer, l.Addressee, l.Signer, string(text), l.IssuedAt); err != nil {
		return fmt.Errorf("approval: letter: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "case.letter", Target: c.target(), After: l})
}

// wording is the text of a letter, paragraph by paragraph.
func wording(c Case, kind LetterKind, reasons []string, opinion string, today calendar.Date) []string {
	matter := "“" + strings.NewReplacer("“", "‘", "”", "’").Replace(c.Title) + "”（编号 " + c.Number + "）"
	came := "你单位于" + calendar.DateOf(c.OpenedAt).Chinese() + "提交的" + matter
	var out []string
	say := func(text string) {
		if strings.TrimSpace(text) != "" {
			end := "。"
			if strings.HasSuffix(text, "如下") {
				end = "："
			}
			out = append(out, strings.TrimRight(strings.TrimSpace(text), "。；")+end)
		}
	}
	switch kind {
	case SupplementLetter:
		say(came + "收悉。经审核，需要补正，现将有关事项通知如下")
	case ReturnLetter:
		say("关于" + matter + "，经审核，现予退回，理由如下")
	case RefusalLetter:
		say(came + "收悉。经研究，决定不予批准，理由如下")
	case ApprovalLetter:
		say(came + "收悉。经研究，同意你单位的申请")
	case WithdrawalLetter:
		say("你单位于" + calendar.DateOf(c.OpenedAt).Chinese() + "提交的" + matter + "，已于" + today.Chinese() + "由你单位撤回，本机关不再办理")
		say("撤回原因：" + opinion)
		say("需要时可重新提出申请")
		return out
	case EndingLetter:
		say("关于" + matter + "，因申请单位已撤销，自" + today.Chinese() + "起终止办理")
		say(opinion)
		return out
	}
	fill := strings.NewReplacer("{申请单位}", c.UnitName, "{事项}", c.Title)
	n := 0
	for _, code := range reasons {
		r, ok := ReasonOf(code)
		if !ok {
			r = Reason{Says: code, Finds: code}
		}
		n++
		text := official.Numeral(n) + "、" + r.Says + "。"
		if r.Finds != r.Says {
			text += fill.Replace(r.Finds)
		}
		if kind != RefusalLetter {
			text += r.Cure
		}
		if r.Citation != "" {
			text += "（依据：" + r.Citation + "）"
		}
		out = append(out, text)
	}
	if c.External.Given() {
		say(c.External.Says())
	} else {
		say(opinionText(opinion))
	}
	switch kind {
	case SupplementLetter:
		say("请按上述意见补正后，在本系统中重新提交，补正后的申请直接送回本机关审核")
	case ApprovalLetter:
		say("请按批准的内容和有关规定办理，并在规定时限内完成后续事项")
	case RefusalLetter:
		say("本事项就此办结。对本决定有不同意见的，可向本机关说明情况")
	}
	return out
}

func opinionText(opinion string) string {
	if strings.TrimSpace(opinion) == "" {
		return ""
	}
	return "办理意见：" + opinion
}

const letterSelect = `SELECT id, case_id, number, kind, issuer, addressee, signer, text, issued_at FROM approval_letter`

func scanLetter(r db.Scanner) (Letter, error) {
	var l Letter
	var text string
	if err := r.Scan(&l.ID, &l.Case, &l.Number, &l.Kind, &l.Issuer, &l.Addressee, &l.Signer, &text, &l.IssuedAt); err != nil {
		return l, err
	}
	return l, json.Unmarshal([]byte(text), &l.Text)
}

// LettersOf are the letters about a case in scope, oldest first.
func (s *Service) LettersOf(ctx context.Context, scope authz.Scope, id CaseID) ([]Letter, error) {
	if _, err := s.caseTx(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanLetter, letterSelect+` WHERE case_id = $1 ORDER BY issued_at, id`, id)
}

// LetterByID is one letter about a case in scope.
func (s *Service) LetterByID(ctx context.Context, scope authz.Scope, id CaseID, letter string) (Letter, error) {
	if _, err := s.caseTx(ctx, s.db, scope, id); err != nil {
		return Letter{}, err
	}
	l, err := db.One(ctx, s.db, scanLetter, letterSelect+` WHERE id = $1 AND case_id = $2`, letter, id)
	if db.None(err) {
		return l, fault.Missing("文书")
	}
	return l, err
}

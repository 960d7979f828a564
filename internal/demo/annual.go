package demo

import (
	"context"
	"fmt"

	"zhengshu/internal/annual"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

// lastForms are the figures of the forms of the year before, which the house has
// no records of: they are typed, each with its source.
var lastForms = map[annual.Kind]map[string]string{
	annual.SiteForm: {"visitors": "182340", "views": "2315600", "published": "8342", "overview": "126", "news": "5210", "directory": "1873", "topics_kept": "24", "topics_new": "6",
		"explained": "310", "explained_text": "142", "explained_product": "121", "explained_media": "47", "responded": "38", "catalogue": "是", "users": "523000", "items": "1420", "items_online": "1310",
		"handled": "862000", "handled_person": "701000", "handled_body": "158000", "unified": "是", "letters": "4310", "letters_done": "4298", "letters_days": "2.4", "letters_public": "3105",
		"surveys": "21", "survey_opinions": "846", "survey_results": "21", "interviews": "12", "interview_asked": "433", "interview_answered": "412", "robot": "是", "tests": "5", "problems": "14", "mended": "14",
		"drill": "是", "keeper": "是", "novelties": "“搜索即服务”、无障碍浏览"},
	annual.SupervisionForm: {"running": "58", "q1_checked": "58", "q1_failed": "2", "q1_blamed": "1", "q2_checked": "58", "q2_failed": "1", "q2_blamed": "0", "q3_checked": "57", "q3_failed": "1", "q3_blamed": "0", "q4_checked": "58", "q4_failed": "0", "q4_blamed": "0",
		"checked": "58", "failed": "4", "blamed": "1", "secured": "58", "holes": "31", "holes_mended": "31", "opened": "2", "merged": "1", "offline": "3", "errors": "146", "errors_ontime": "141", "errors_late": "5", "errors_open": "0", "fakes": "2", "fakes_gone": "2", "courses": "3", "trainees": "214"},
}

// annualForms publishes the city's forms of the year before and begins that of
// its portal for this year, with a contradiction in it to be mended.
func (d *province) annualForms(ctx context.Context) error {
	year := calendar.DateOf(d.DB.Now()).Year
	for _, x := range []struct {
		kind   annual.Kind
		object string
		fills  string
	}{{annual.SiteForm, string(d.sites["xian"].ID), "shibian"}, {annual.SupervisionForm, string(d.units[cityOffice].ID), "shi"}} {
		if err := d.lastForm(ctx, x.kind, x.object, x.fills, year-1); err != nil {
			return fmt.Errorf("%s: %w", x.kind, err)
		}
	}
	as, session, err := d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	scope := session.ScopeFor(authz.AnnualFill)
	object := string(d.sites["xian"].ID)
	if _, n, err := d.Annual.Forms(as, scope, annual.Filter{Kind: annual.SiteForm, Object: object, Year: year, Limit: 1}); err != nil || n > 0 {
		return err
	}
	f, err := d.Annual.Begin(as, scope, session, annual.SiteForm, object, year)
	if err != nil {
		return err
	}
	return d.Annual.Type(as, scope, session, f.ID, map[string]annual.Entry{
		"users": {Value: "561200", Source: "省统一身份认证平台报表（演示）"}, "items": {Value: "1436", Source: "政务服务事项库（演示）"}, "items_online": {Value: "1463", Source: "政务服务事项库（演示）"}, "catalogue": {Value: "是", Source: "政务服务事项库（演示）"}})
}

func (d *province) lastForm(ctx context.Context, k annual.Kind, object, fills string, year int) error {
	as, session, err := d.as(ctx, fills)
	if err != nil {
		return err
	}
	scope := session.ScopeFor(authz.AnnualFill)
	have, n, err := d.Annual.Forms(as, scope, annual.Filter{Kind: k, Object: object, Year: year, Limit: 1})
	if err != nil || n > 0 && have[0].Public() {
		return err
	}
	var id annual.FormID
	if n > 0 {
		id = have[0].ID
	} else {
		f, err := d.Annual.Begin(as, scope, session, k, object, year)
		if err != nil {
			return err
		}
		id = f.ID
	}
	x, err := d.Annual.Form(as, scope, id)
	if err != nil {
		return err
	}
	if x.Open() {
		entries := map[string]annual.Entry{}
		for _, l := range x.Lines {
			e := annual.Entry{Value: lastForms[k][l.Cell.ID], Source: "上一年度各业务系统统计（演示）"}
			switch {
			case l.Value != "" || l.Cell.Formula != nil || e.Value == "" && !l.Cell.Required:
				continue
			case e.Value != "":
			case l.Cell.ID == "phone":
				e.Value = "029-00000010"
			case l.Cell.Kind == annual.Day:
				e.Value = fmt.Sprintf("%d-01-15", year+1)
			case l.Cell.Kind == annual.Words:
				e.Value = "演示"
			default:
				e.Value = "0"
			}
			if l.Cell.Plain {
				e.Source = ""
			}
			entries[l.Cell.ID] = e
		}
		if err := d.Annual.Type(as, scope, session, id, entries); err != nil {
			return err
		}
		if err := d.Annual.Submit(as, scope, session, id); err != nil {
			return err
		}
		x.State = annual.Submitted
	}
	if x.State == annual.Submitted {
		over, boss, err := d.as(ctx, "sheng")
		if err != nil {
			return err
		}
		if err := d.Annual.Approve(over, boss.ScopeFor(authz.AnnualReview), boss, id); err != nil {
			return err
		}
	}
	return d.Annual.Publish(as, scope, session, id)
}

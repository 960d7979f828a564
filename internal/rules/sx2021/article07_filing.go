package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// AccountFiled is the filing of accounts in Article 7(3): to inform, not to ask.
var AccountFiled = rule("S7.3d.filed", "第七条（三）", "市、县政府开设的政务新媒体应向上级主管单位及时备案，政府部门开设的政务新媒体向本级主管单位及时备案")

// FilesWithSuperior reports whether the unit files its accounts with the
// superior supervisor: a city's or county's government does, a department with
// the supervisor of its own level.
func FilesWithSuperior(u Unit) bool {
	return u.standing() == standsAsGovernment && u.Level != Province
}

// AccountFilingBy is the last day for the filing of an account that opened.
func AccountFilingBy(opened calendar.Date, w calendar.Workdays, s Settings) calendar.Due {
	return w.Add(opened, s.AccountFilingWorkdays)
}

// CheckAccountFiling says what speaks against the state of a filing on a day.
// It guards no act: the obligation runs, the board shows it.
func CheckAccountFiling(opened calendar.Date, filed bool, on calendar.Date, w calendar.Workdays, s Settings) []rules.Breach {
	if due := AccountFilingBy(opened, w, s); !filed && due.Missed(on) {
		return []rules.Breach{AccountFiled.Breachf("账号开通后应于%s前向主管单位备案，至今没有备案；请补办。", due.On.Chinese())}
	}
	return nil
}

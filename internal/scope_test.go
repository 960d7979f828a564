package internal_test

// unscoped lists the exported Service methods that take neither a Scope nor a
// session, each with its reason. "system" methods run as a named duty of the
// house or in a caller's transaction that has checked the scope; "public" ones
// touch nothing a unit owns.
var unscoped = map[string]string{
	"org.AddArea":          "public: divisions are public facts; called by imports",
	"org.AddUnit":          "system: called by imports and by OrgManage after its scope check of the area",
	"org.Area":             "public: divisions are public facts",
	"org.AreaByCode":       "public: divisions are public facts",
	"org.SameLevelOffice":  "system: who stands above whom is public",
	"org.SuperiorOffice":   "system: who stands above whom is public",
	"org.PostsOf":          "system: sign-in asks before there is a scope",
	"obligation.Kinds":     "public: the declared clocks",
	"obligation.KindOf":    "public: the declared clocks",
	"obligation.Open":      "system: called in an act's transaction, whose scope was checked",
	"obligation.Discharge": "system: called in an act's transaction, whose scope was checked",
	"obligation.Annul":     "system: called in an act's transaction, whose scope was checked",
	"obligation.Sweep":     "system: the periodic duty",
	"approval.OnApproved":  "system: registration at start",
	"approval.Submit":      "system: called by the module that opens the case, after its scope check",
	"registry.PlanSite":    "system: called in the transaction of an approval",
	"registry.EnterSite":   "system: called by imports",

	"org.ProvinceNamed":     "public: divisions are public facts",
	"signin.SignIn":         "system: before there is a session, or making one",
	"signin.SecondFactor":   "system: before there is a session, or making one",
	"signin.SetUpSecond":    "system: before there is a session, or making one",
	"signin.NewSecret":      "system: before there is a session, or making one",
	"signin.Visit":          "system: before there is a session, or making one",
	"signin.SessionOf":      "system: before there is a session, or making one",
	"signin.ByToken":        "system: before there is a session, or making one",
	"signin.DemoLogins":     "system: before there is a session, or making one",
	"signin.ChangePassword": "system: a person's own login only, proved by the session",
	"signin.Sessions":       "system: a person's own login only, proved by the session",
	"signin.EndOthers":      "system: a person's own login only, proved by the session",
	"signin.SignOut":        "system: a person's own login only, proved by the session",
	"signin.Sweep":          "system: a duty of the house",
	"signin.Store":          "system: a duty of the house",
	"signin.Receipts":       "system: a duty of the house",
	"signin.IdleTime":       "system: a duty of the house",
	"signin.CreateToken":    "system: a duty of the house",
	"signin.RevokeTokens":   "system: a duty of the house",
}

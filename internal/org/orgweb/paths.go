package orgweb

// The addresses of the parts of 单位.
const (
	peoplePath    = "/console/people"
	vacancyPath   = "/console/vacancies"
	coveragePath  = "/console/coverage"
	actsPath      = "/console/reorganisations"
	cutoverPath   = "/console/cutover"
	ownHandOver   = "/console/me/handover"
	delegatePath  = "/console/delegations"
	absencePath   = "/console/absences"
	exportMaximum = 200_000
)

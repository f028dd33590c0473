{{/* The name of every object. The longest suffix is 12 characters, and names of Services have at most 63. */}}
{{- define "arrears.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "arrears.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "arrears.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "arrears.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What selects the webhook's pods, and never changes. */}}
{{- define "arrears.selectorLabels" -}}
app.kubernetes.io/name: {{ include "arrears.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end -}}

{{/* Labels of every object that is not a pod of the webhook. */}}
{{- define "arrears.labels" -}}
app.kubernetes.io/name: {{ include "arrears.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "arrears.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "arrears.failurePolicy" -}}
{{- default (ternary "Fail" "Ignore" (eq .Values.stage "enforce")) .Values.webhook.failurePolicy -}}
{{- end -}}

{{/* The name of the Secret that is mounted as the certificate; empty when arrears manages its own. */}}
{{- define "arrears.certificateSecret" -}}
{{- if eq .Values.certificates.source "CertManager" -}}
{{- printf "%s-cert" (include "arrears.fullname" .) -}}
{{- else if eq .Values.certificates.source "Secret" -}}
{{- required "certificates.secretName is needed with certificates.source Secret" .Values.certificates.secretName -}}
{{- end -}}
{{- end -}}

{{/* The Secrets with credentials that may be read, as a JSON list. */}}
{{- define "arrears.credentialSecrets" -}}
{{- $names := .Values.credentials.secrets -}}
{{- range .Values.accounts -}}
{{- $credentials := default dict (default dict .spec).credentials -}}
{{- with $credentials.secretRef -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* Whether the token of the ServiceAccount for RRSA is projected by this chart; empty means no. */}}
{{- define "arrears.projectsRrsa" -}}
{{- if or .Values.rrsa.roleArn .Values.rrsa.oidcProviderArn -}}
{{- $_ := required "rrsa.roleArn and rrsa.oidcProviderArn are needed both" .Values.rrsa.roleArn -}}
{{- $_ := required "rrsa.roleArn and rrsa.oidcProviderArn are needed both" .Values.rrsa.oidcProviderArn -}}
{{- if .Values.rrsa.roleName -}}
{{- fail "rrsa.roleName is for clusters with ack-pod-identity-webhook, rrsa.roleArn for those without: give one of them" -}}
{{- end -}}
true
{{- end -}}
{{- end -}}

{{/* Security that passes the restricted standard, of every container. */}}
{{- define "arrears.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "arrears.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{/* The environment of the webhook's container: everything it is told, `arrears serve --cluster` takes from here. */}}
{{- define "arrears.environment" -}}
- {name: ARREARS_CLUSTER, value: "true"}
- name: ARREARS_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: ARREARS_IDENTITY
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- {name: ARREARS_NAME, value: {{ include "arrears.fullname" . | quote }}}
- {name: ARREARS_REPLICAS, value: {{ .Values.replicas | quote }}}
- {name: ARREARS_SERVICE_PORT, value: {{ .Values.service.port | quote }}}
- {name: ARREARS_LISTEN, value: {{ printf "%s:8443" .Values.bindAddress | quote }}}
- {name: ARREARS_ADMIN_LISTEN, value: {{ printf "%s:8080" .Values.bindAddress | quote }}}
- {name: ARREARS_FAILURE_POLICY, value: {{ include "arrears.failurePolicy" . | quote }}}
- {name: ARREARS_WEBHOOK_TIMEOUT, value: "{{ .Values.webhook.timeoutSeconds }}s"}
- {name: ARREARS_LEASE_DURATION, value: "{{ .Values.leaseDurationSeconds }}s"}
- {name: ARREARS_LAME_DUCK, value: "{{ .Values.lameDuckSeconds }}s"}
- {name: ARREARS_MAX_CONNECTIONS, value: {{ .Values.maxConnections | int | quote }}}
- {name: ARREARS_MAX_IN_FLIGHT, value: {{ .Values.maxInFlight | int | quote }}}
{{- if include "arrears.certificateSecret" . }}
- {name: ARREARS_TLS_CERT, value: /run/arrears/tls/tls.crt}
- {name: ARREARS_TLS_KEY, value: /run/arrears/tls/tls.key}
- {name: ARREARS_CA_BUNDLE, value: /run/arrears/tls/ca.crt}
{{- else }}
- {name: ARREARS_CERTIFICATE_LIFETIME, value: {{ .Values.certificates.lifetime | quote }}}
- {name: ARREARS_AUTHORITY_LIFETIME, value: {{ .Values.certificates.authorityLifetime | quote }}}
{{- end }}
{{- if .Values.clientAuthentication.configMapName }}
- {name: ARREARS_CLIENT_CA, value: {{ printf "/run/arrears/client-ca/%s" .Values.clientAuthentication.key | quote }}}
{{- with .Values.clientAuthentication.names }}
- {name: ARREARS_CLIENT_NAMES, value: {{ join "," . | quote }}}
{{- end }}
{{- end }}
- {name: ARREARS_LOG_FORMAT, value: {{ .Values.log.format | quote }}}
- {name: RUST_LOG, value: {{ .Values.log.level | quote }}}
{{- if .Values.ramRole.enabled }}
{{- with .Values.ramRole.name }}
- {name: ALIBABA_CLOUD_ECS_METADATA, value: {{ . | quote }}}
{{- end }}
{{- else }}
- {name: ALIBABA_CLOUD_ECS_METADATA_DISABLED, value: "true"}
{{- end }}
{{- if include "arrears.projectsRrsa" . }}
- {name: ALIBABA_CLOUD_ROLE_ARN, value: {{ .Values.rrsa.roleArn | quote }}}
- {name: ALIBABA_CLOUD_OIDC_PROVIDER_ARN, value: {{ .Values.rrsa.oidcProviderArn | quote }}}
- {name: ALIBABA_CLOUD_OIDC_TOKEN_FILE, value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token}
- {name: ALIBABA_CLOUD_ROLE_SESSION_NAME, value: {{ include "arrears.fullname" . | quote }}}
{{- end }}
{{- with .Values.credentials.environmentSecret }}
- name: ALIBABA_CLOUD_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ . }}, key: accessKeyId}}
- name: ALIBABA_CLOUD_ACCESS_KEY_SECRET
  valueFrom: {secretKeyRef: {name: {{ . }}, key: accessKeySecret}}
- name: ALIBABA_CLOUD_SECURITY_TOKEN
  valueFrom: {secretKeyRef: {name: {{ . }}, key: securityToken, optional: true}}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Where the pods' files are from, as a list of {volume, mountPath}. */}}
{{- define "arrears.volumes" -}}
{{- with include "arrears.certificateSecret" . }}
- name: tls
  # 0440, which YAML 1.2 has no way to write.
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- with .Values.clientAuthentication.configMapName }}
- name: client-ca
  configMap: {name: {{ . }}}
{{- end }}
{{- if include "arrears.projectsRrsa" . }}
- name: rrsa
  projected:
    defaultMode: 288
    sources:
    - serviceAccountToken:
        audience: sts.aliyuncs.com
        expirationSeconds: {{ .Values.rrsa.tokenExpirationSeconds | int }}
        path: token
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "arrears.volumeMounts" -}}
{{- if include "arrears.certificateSecret" . }}
- {name: tls, mountPath: /run/arrears/tls, readOnly: true}
{{- end }}
{{- if .Values.clientAuthentication.configMapName }}
- {name: client-ca, mountPath: /run/arrears/client-ca, readOnly: true}
{{- end }}
{{- if include "arrears.projectsRrsa" . }}
- {name: rrsa, mountPath: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

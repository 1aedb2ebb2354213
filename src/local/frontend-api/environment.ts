import type { Handler } from '../state.js'

/**
 * FAPI `/v1/environment`: how the instance is set up. It has no envelope. clerk-js asks before it has a client.
 */
export const environment: Handler = (_request, { instance, publicOrigin }) =>
  Response.json({
    auth_config: { object: 'auth_config', single_session_mode: true, reverification: false },
    display_config: {
      object: 'display_config',
      application_name: 'Local Clerk',
      branded: false,
      instance_environment_type: instance.type,
      preferred_sign_in_strategy: 'password',
      sign_in_url: `${publicOrigin()}/sign-in`,
      sign_up_url: `${publicOrigin()}/sign-in`,
      captcha_public_key: null,
      support_email: '',
      logo_image_url: '',
      favicon_image_url: '',
      theme: {}
    },
    user_settings: {
      attributes: {
        email_address: attribute({ isRequired: true, factor: 'email_code' }),
        password: attribute({ isRequired: true, factor: null }),
        first_name: attribute({ isRequired: false, factor: null }),
        last_name: attribute({ isRequired: false, factor: null })
      },
      social: {},
      enterprise_sso: { enabled: false },
      sign_in: { second_factor: { required: false } },
      sign_up: { mode: 'public', captcha_enabled: false, progressive: true, custom_action_required: false },
      password_settings: { min_length: MIN_PASSWORD_LENGTH, max_length: 0, show_zxcvbn: false, min_zxcvbn_strength: 0 },
      passkey_settings: { allow_autofill: false, show_sign_in_button: false },
      actions: { delete_self: false, create_organization: false }
    },
    organization_settings: {
      enabled: true,
      max_allowed_memberships: 0,
      force_organization_selection: false,
      actions: { admin_delete: false },
      domains: { enabled: false, enrollment_modes: [], default_role: null },
      creator_role: 'org:admin'
    },
    commerce_settings: { billing: { user: { enabled: false }, organization: { enabled: false } } },
    api_keys_settings: { enabled: false },
    maintenance_mode: false,
    client_debug_mode: false,
    // With true, clerk-js would write partitioned cookies, and a handshake of this instance writes the others.
    partitioned_cookies: false
  })

export const MIN_PASSWORD_LENGTH = 8

function attribute({ isRequired, factor }: { isRequired: boolean; factor: string | null }) {
  const factors = factor === null ? [] : [factor]
  return {
    enabled: true,
    required: isRequired,
    used_for_first_factor: factor !== null,
    first_factors: factors,
    used_for_second_factor: false,
    second_factors: [],
    verifications: factors,
    verify_at_sign_up: false
  }
}

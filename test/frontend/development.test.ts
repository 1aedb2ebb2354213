import { enterFrontendProject } from './packages.js'

enterFrontendProject()
